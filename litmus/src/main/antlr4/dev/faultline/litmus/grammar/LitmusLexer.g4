// The words of a litmus file. Each part of a file has its own words, so each has its mode: the header (the default
// mode), the machine description, C, the condition, the expectations.
lexer grammar LitmusLexer;

tokens { WORD, STRING, CHAR, INTEGER, IDENTIFIER, UNCLOSED, INVALID }

@members {
    // How many braces of the C part are open: herd's comments stand outside bodies only, where `(*p)` is an expression.
    private int openBraces;
}

// ---- header: C NAME "doc" {

HEADER_WORD: [A-Za-z0-9_] [A-Za-z0-9_.-]* -> type(WORD);
HEADER_STRING: STRING_LITERAL -> type(STRING);
MACHINE_OPEN: '{' -> mode(MACHINE);
HEADER_SPACE: SPACE -> skip;
HEADER_COMMENT: (C_COMMENT | HERD_COMMENT) -> skip;
HEADER_UNCLOSED: (UNCLOSED_COMMENT | UNCLOSED_HERD_COMMENT | UNCLOSED_STRING) -> type(UNCLOSED);
HEADER_INVALID: . -> type(INVALID);

fragment SPACE: [ \t\r\n\f]+;
fragment C_COMMENT: '//' ~[\r\n]* | '/*' .*? '*/';
fragment HERD_COMMENT: '(*' .*? '*)';
fragment UNCLOSED_COMMENT: '/*' ~'*'* ('*'+ ~[*/] ~'*'*)* '*'* EOF;
fragment UNCLOSED_HERD_COMMENT: '(*' ~'*'* ('*'+ ~[*)] ~'*'*)* '*'* EOF;
fragment STRING_LITERAL: '"' (~["\\\r\n] | '\\' ~[\r\n])* '"';
fragment UNCLOSED_STRING: '"' (~["\\\r\n] | '\\' ~[\r\n])* '\\'?;
fragment CHAR_LITERAL: '\'' (~['\\\r\n] | '\\' ~[\r\n])* '\'';
fragment UNCLOSED_CHAR: '\'' (~['\\\r\n] | '\\' ~[\r\n])* '\\'?;
fragment NAME: [A-Za-z_] [A-Za-z0-9_]*;
fragment NUMBER: [0-9] [A-Za-z0-9_.]*;

// ---- machine: { mount gfs2 /mnt nodes=2; file /mnt/f 8192 'a'; }

mode MACHINE;

MACHINE_WORD: '/'? PATH_PART ('/' PATH_PART)* -> type(WORD);
fragment PATH_PART: [A-Za-z0-9_.:+-]+;
MACHINE_SLASH: '/';
MACHINE_EQUALS: '=';
MACHINE_END: ';';
MACHINE_CHAR: CHAR_LITERAL -> type(CHAR);
MACHINE_CLOSE: '}' -> mode(BODY);
MACHINE_SPACE: SPACE -> skip;
MACHINE_COMMENT: (C_COMMENT | HERD_COMMENT) -> skip;
MACHINE_UNCLOSED: (UNCLOSED_COMMENT | UNCLOSED_HERD_COMMENT | UNCLOSED_CHAR) -> type(UNCLOSED);
MACHINE_INVALID: . -> type(INVALID);

// ---- C: globals and bodies

mode BODY;

EXISTS: 'exists' { if (openBraces == 0) mode(CONDITION); else setType(IDENTIFIER); };
FORALL: 'forall' { if (openBraces == 0) mode(CONDITION); else setType(IDENTIFIER); };
NOT_EXISTS: '~' [ \t\r\n]* 'exists' { openBraces == 0 }? -> mode(CONDITION);
EXPECT: 'expect' { if (openBraces == 0) mode(EXPECTATION); else setType(IDENTIFIER); };

VOID: 'void';
CHAR_TYPE: 'char';
SHORT: 'short';
INT: 'int';
LONG: 'long';
SIGNED: 'signed';
UNSIGNED: 'unsigned';
STRUCT: 'struct';
CONST: 'const';
VOLATILE: 'volatile';
// Their meanings: TypeNames in package types, which a test holds against this list.
TYPEDEF_NAME
    : 'size_t' | 'ssize_t' | 'off_t' | 'loff_t' | 'pid_t' | 'mode_t' | 'nfds_t' | 'time_t' | 'ptrdiff_t'
    | 'intptr_t' | 'uintptr_t' | 'aio_context_t'
    | 'int8_t' | 'int16_t' | 'int32_t' | 'int64_t' | 'uint8_t' | 'uint16_t' | 'uint32_t' | 'uint64_t'
    | '__s8' | '__s16' | '__s32' | '__s64' | '__u8' | '__u16' | '__u32' | '__u64'
    ;

IF: 'if';
ELSE: 'else';
WHILE: 'while';
DO: 'do';
FOR: 'for';
BREAK: 'break';
CONTINUE: 'continue';
RETURN: 'return';
SIZEOF: 'sizeof';

BODY_NAME: NAME -> type(IDENTIFIER);
BODY_NUMBER: NUMBER -> type(INTEGER);
BODY_CHAR: CHAR_LITERAL -> type(CHAR);
BODY_STRING: STRING_LITERAL -> type(STRING);

LBRACE: '{' { openBraces++; };
RBRACE: '}' { openBraces = Math.max(0, openBraces - 1); };
LPAREN: '(';
RPAREN: ')';
LBRACKET: '[';
RBRACKET: ']';
SEMICOLON: ';';
COMMA: ',';
COLON: ':';
QUESTION: '?';
DOT: '.';
ARROW: '->';
INCREMENT: '++';
DECREMENT: '--';
PLUS: '+';
MINUS: '-';
STAR: '*';
SLASH: '/';
PERCENT: '%';
AMPERSAND: '&';
BAR: '|';
CARET: '^';
TILDE: '~';
EXCLAMATION: '!';
SHIFT_LEFT: '<<';
SHIFT_RIGHT: '>>';
LESS: '<';
LESS_EQUAL: '<=';
GREATER: '>';
GREATER_EQUAL: '>=';
EQUAL: '==';
NOT_EQUAL: '!=';
AND_AND: '&&';
BAR_BAR: '||';
ASSIGN: '=';
ASSIGN_OPERATOR: '+=' | '-=' | '*=' | '/=' | '%=' | '&=' | '|=' | '^=' | '<<=' | '>>=';

BODY_SPACE: SPACE -> skip;
BODY_COMMENT: C_COMMENT -> skip;
BODY_HERD_COMMENT: { openBraces == 0 }? HERD_COMMENT -> skip;
BODY_UNCLOSED: (UNCLOSED_COMMENT | UNCLOSED_STRING | UNCLOSED_CHAR) -> type(UNCLOSED);
BODY_UNCLOSED_HERD: { openBraces == 0 }? UNCLOSED_HERD_COMMENT -> type(UNCLOSED);
BODY_INVALID: . -> type(INVALID);

// ---- condition: exists (0:r = 4096 /\ ~ g[3] < 'a')

mode CONDITION;

CONDITION_EXPECT: 'expect' -> type(EXPECT), mode(EXPECTATION);
CONDITION_TRUE: 'true';
CONDITION_NOT: '~' | 'not';
CONDITION_AND: '/\\';
CONDITION_OR: '\\/';
CONDITION_COMPARE: '=' | '!=' | '<' | '<=' | '>' | '>=';
// C's own operators, so that messages can name them whole.
CONDITION_FOREIGN: ('==' | '&&' | '||') -> type(INVALID);
CONDITION_COLON: ':' -> type(COLON);
CONDITION_LPAREN: '(' -> type(LPAREN);
CONDITION_RPAREN: ')' -> type(RPAREN);
CONDITION_LBRACKET: '[' -> type(LBRACKET);
CONDITION_RBRACKET: ']' -> type(RBRACKET);
CONDITION_MINUS: '-' -> type(MINUS);
CONDITION_NAME: NAME -> type(IDENTIFIER);
CONDITION_NUMBER: NUMBER -> type(INTEGER);
CONDITION_CHAR: CHAR_LITERAL -> type(CHAR);
CONDITION_SPACE: SPACE -> skip;
CONDITION_COMMENT: (C_COMMENT | HERD_COMMENT) -> skip;
CONDITION_UNCLOSED: (UNCLOSED_COMMENT | UNCLOSED_HERD_COMMENT | UNCLOSED_CHAR) -> type(UNCLOSED);
CONDITION_INVALID: . -> type(INVALID);

// ---- expectations: expect v5.14 + gfs2-page-fault-v5 on arm64 mte: deadlock, corruption

mode EXPECTATION;

EXPECTATION_EXPECT: 'expect' -> type(EXPECT);
ON: 'on';
EXPECTATION_PLUS: '+' -> type(PLUS);
EXPECTATION_MINUS: '-' -> type(MINUS);
EXPECTATION_COLON: ':' -> type(COLON);
EXPECTATION_COMMA: ',' -> type(COMMA);
EXPECTATION_WORD: [A-Za-z0-9_] [A-Za-z0-9_.-]* -> type(WORD);
EXPECTATION_SPACE: SPACE -> skip;
EXPECTATION_COMMENT: (C_COMMENT | HERD_COMMENT) -> skip;
EXPECTATION_UNCLOSED: (UNCLOSED_COMMENT | UNCLOSED_HERD_COMMENT) -> type(UNCLOSED);
EXPECTATION_INVALID: . -> type(INVALID);
