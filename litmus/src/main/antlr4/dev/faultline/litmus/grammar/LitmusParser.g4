// The parts of a litmus file. What a directive, an attribute or an expectation may say is checked on the tree, where
// the message can be better than "cannot stand here"; this grammar knows their shape only.
parser grammar LitmusParser;

options { tokenVocab = LitmusLexer; }

file: header machine part* condition? expectation* EOF;

header: kind=WORD name=WORD doc=STRING?;

machine: MACHINE_OPEN directive* MACHINE_CLOSE;
directive: keyword=WORD argument* MACHINE_END;
argument: word (MACHINE_EQUALS word)? | CHAR;
word: WORD | MACHINE_SLASH;

// ---- C

part: function | declaration;
function: attributes* IDENTIFIER LPAREN RPAREN block;
attributes: LBRACKET LBRACKET attribute (COMMA attribute)* RBRACKET RBRACKET;
attribute: name=IDENTIFIER (LPAREN value=(IDENTIFIER | INTEGER) RPAREN)?;

declaration: specifier+ declarator (COMMA declarator)* SEMICOLON;
specifier
    : VOID | CHAR_TYPE | SHORT | INT | LONG | SIGNED | UNSIGNED | CONST | VOLATILE | TYPEDEF_NAME
    | STRUCT IDENTIFIER
    ;
declarator: pointer* IDENTIFIER dimension* (ASSIGN initializer)?;
pointer: STAR (CONST | VOLATILE)*;
dimension: LBRACKET expression? RBRACKET;
initializer: expression | LBRACE (element (COMMA element)* COMMA?)? RBRACE;
element: (designator ASSIGN)? initializer;
designator: DOT IDENTIFIER | LBRACKET expression RBRACKET;
typeName: specifier+ pointer*;

block: LBRACE statement* RBRACE;
statement
    : block                                                                             # blockStatement
    | declaration                                                                       # declarationStatement
    | sequence? SEMICOLON                                                               # expressionStatement
    | IF LPAREN sequence RPAREN statement (ELSE statement)?                             # ifStatement
    | WHILE LPAREN sequence RPAREN statement                                            # whileStatement
    | DO statement WHILE LPAREN sequence RPAREN SEMICOLON                               # doStatement
    | FOR LPAREN forStart test=sequence? SEMICOLON step=sequence? RPAREN statement # forStatement
    | BREAK SEMICOLON                                                                   # breakStatement
    | CONTINUE SEMICOLON                                                                # continueStatement
    | RETURN sequence? SEMICOLON                                                        # returnStatement
    ;
forStart: declaration | sequence? SEMICOLON;

// The comma operator binds least; where commas separate, an expression stands without it.
sequence: expression (COMMA expression)*;

expression
    : LPAREN sequence RPAREN                                                            # parenthesised
    | INTEGER                                                                           # integer
    | CHAR                                                                              # character
    | STRING+                                                                           # string
    | SIZEOF LPAREN typeName RPAREN                                                     # sizeofType
    | IDENTIFIER LPAREN (expression (COMMA expression)*)? RPAREN                        # call
    | IDENTIFIER                                                                        # name
    | expression LBRACKET sequence RBRACKET                                             # index
    | expression operator=(DOT | ARROW) IDENTIFIER                                      # member
    | expression operator=(INCREMENT | DECREMENT)                                       # postfix
    | operator=(INCREMENT | DECREMENT | PLUS | MINUS | EXCLAMATION | TILDE | STAR | AMPERSAND) expression # prefix
    | SIZEOF expression                                                                 # sizeofValue
    | LPAREN typeName RPAREN expression                                                 # cast
    | left=expression operator=(STAR | SLASH | PERCENT) right=expression                # binary
    | left=expression operator=(PLUS | MINUS) right=expression                          # binary
    | left=expression operator=(SHIFT_LEFT | SHIFT_RIGHT) right=expression              # binary
    | left=expression operator=(LESS | LESS_EQUAL | GREATER | GREATER_EQUAL) right=expression # binary
    | left=expression operator=(EQUAL | NOT_EQUAL) right=expression                     # binary
    | left=expression operator=AMPERSAND right=expression                               # binary
    | left=expression operator=CARET right=expression                                   # binary
    | left=expression operator=BAR right=expression                                     # binary
    | left=expression operator=AND_AND right=expression                                 # binary
    | left=expression operator=BAR_BAR right=expression                                 # binary
    | <assoc=right> test=expression QUESTION chosen=sequence COLON otherwise=expression # conditional
    | <assoc=right> target=expression operator=(ASSIGN | ASSIGN_OPERATOR) value=expression # assignment
    ;

// ---- condition

condition: quantifier=(EXISTS | NOT_EXISTS | FORALL) LPAREN proposition RPAREN;
proposition
    : LPAREN proposition RPAREN                                                         # group
    | CONDITION_TRUE                                                                    # always
    | CONDITION_NOT proposition                                                         # negation
    | left=operand CONDITION_COMPARE right=operand                                      # comparison
    | proposition CONDITION_AND proposition                                             # conjunction
    | proposition CONDITION_OR proposition                                              # disjunction
    ;
operand
    : owner=(INTEGER | IDENTIFIER) COLON variable=IDENTIFIER (LBRACKET subscript=INTEGER RBRACKET)? # local
    | IDENTIFIER (LBRACKET subscript=INTEGER RBRACKET)?                                 # global
    | MINUS? (INTEGER | CHAR)                                                           # literal
    | MINUS IDENTIFIER                                                                  # negatedName
    ;

// ---- expectations

expectation: EXPECT kernel=WORD patch* (ON arch+=WORD+)? COLON verdict+=WORD (COMMA verdict+=WORD)*;
patch: operator=(PLUS | MINUS) WORD;
