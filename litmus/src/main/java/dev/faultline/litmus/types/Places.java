package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Expression.UnaryOperator;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.TypedExpression.Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What C calls lvalues: expressions that stand for a register, for memory or for `errno`.
final class Places {
    private final Surroundings surroundings;
    private final Frame frame;
    private final ExpressionChecker expressions;
    private final Operations operations;

    Places(Surroundings surroundings, Frame frame, ExpressionChecker expressions, Operations operations) {
        this.surroundings = surroundings;
        this.frame = frame;
        this.expressions = expressions;
        this.operations = operations;
    }

    /// {@return the constant that a name stands for, if no variable hides it}
    Optional<Constants.Constant> constant(Word name) {
        return variable(name).isPresent() ? Optional.empty() : Constants.named(name.text());
    }

    private Optional<Variable> variable(Word name) {
        Optional<Variable> local = frame.find(name.text()).map(found -> found);
        return local.or(() -> surroundings.global(name.text()));
    }

    /// {@return whether an expression has the form of a place}
    boolean isPlace(Expression expression) {
        return switch (expression) {
            case Expression.Name(var name) -> constant(name).isEmpty();
            case Expression.StringLiteral _, Expression.Index _, Expression.Member _, Expression.Arrow _ -> true;
            case Expression.Unary unary -> unary.operator() == UnaryOperator.DEREFERENCE;
            default -> false;
        };
    }

    /// {@return what an expression stands for}
    Place of(Expression expression) {
        Span span = expression.span();
        return switch (expression) {
            case Expression.Name(var name) when isPlace(expression) -> named(name);
            case Expression.StringLiteral literal -> {
                var type = new CType.Array(IntegerType.CHAR, literal.bytes().length() + 1L);
                yield inMemory(type, new Address(
                        new CType.Pointer(type), Segment.READ_ONLY, surroundings.literal(literal.bytes()), span));
            }
            case Expression.Unary(var operator, var operand, _) when operator == UnaryOperator.DEREFERENCE ->
                dereference(expressions.value(operand), operand.span());
            case Expression.Index index -> index(index);
            case Expression.Member member -> member(member);
            case Expression.Arrow arrow -> arrow(arrow);
            default -> throw surroundings.reject(span, surroundings.quote(span) + " cannot be changed or pointed to",
                    "a variable, an element, a member or a dereferenced pointer");
        };
    }

    private Place named(Word name) {
        if (name.text().equals("errno")) {
            return new Place.Errno();
        }
        Variable variable = variable(name).orElseThrow(() -> undeclared(name));
        return switch (variable) {
            case Global global -> inMemory(global.type(), new Address(
                    new CType.Pointer(global.type()), Segment.DATA, global.offset(), name.span()));
            case Local local -> switch (local.storage()) {
                case Local.Storage.Register(int slot) -> new Place.InRegister(local.type(), slot);
                case Local.Storage.Stack(long offset) -> inMemory(local.type(), new Address(
                        new CType.Pointer(local.type()), Segment.STACK, offset, name.span()));
            };
        };
    }

    private Rejected undeclared(Word name) {
        if (Calls.named(name.text()).isPresent()) {
            throw surroundings.reject(name.span(), "'" + name + "' is a call", "'(' and its arguments");
        }
        if (frame.complainAbout(name.text())) {
            surroundings.diagnostics().reportUnknown(name, "'" + name + "' is not declared",
                    "a variable or a constant of the headers", knownNames());
        }
        return new Rejected();
    }

    private Collection<String> knownNames() {
        List<String> names = new ArrayList<>(frame.visibleNames());
        surroundings.globals().forEach(global -> names.add(global.name()));
        names.addAll(Constants.names());
        return names;
    }

    private static Place inMemory(CType type, TypedExpression address) {
        return new Place.InMemory(type, address);
    }

    private Place dereference(TypedExpression pointer, Span span) {
        if (!(pointer.type() instanceof CType.Pointer(CType target))) {
            throw surroundings.reject(span, surroundings.quote(span) + " has type " + pointer.type(), "a pointer");
        }
        if (target instanceof CType.Void) {
            throw surroundings.reject(span, surroundings.quote(span) + " points to void", "a cast to a pointer to a type");
        }
        return inMemory(target, pointer);
    }

    private Place index(Expression.Index index) {
        TypedExpression pointer = expressions.value(index.array());
        if (!(pointer.type() instanceof CType.Pointer)) {
            throw surroundings.reject(index.array().span(),
                    surroundings.quote(index.array().span()) + " has type " + pointer.type(), "an array or a pointer");
        }
        TypedExpression subscript = expressions.integer(index.subscript());
        return dereference(operations.move(
                pointer, subscript, BinaryOperator.ADD, index.subscript().span(), index.span()), index.array().span());
    }

    private Place member(Expression.Member member) {
        if (!isPlace(member.object())) {
            throw noStruct(member.object(), expressions.value(member.object()).type(), "a struct");
        }
        return switch (of(member.object())) {
            case Place.InMemory(CType.Struct struct, TypedExpression address) ->
                field(struct, address, member.name(), member.span());
            case Place object -> throw noStruct(member.object(), object.type(),
                    object.type() instanceof CType.Pointer(CType.Struct _) ? "'->' instead of '.'" : "a struct");
        };
    }

    private Place arrow(Expression.Arrow arrow) {
        if (isPlace(arrow.pointer()) && of(arrow.pointer()).type() instanceof CType.Struct struct) {
            throw noStruct(arrow.pointer(), struct, "'.' instead of '->'");
        }
        TypedExpression pointer = expressions.value(arrow.pointer());
        if (!(pointer.type() instanceof CType.Pointer(CType.Struct struct))) {
            throw noStruct(arrow.pointer(), pointer.type(), "a pointer to a struct");
        }
        return field(struct, pointer, arrow.name(), arrow.span());
    }

    private Rejected noStruct(Expression object, CType type, String expected) {
        return surroundings.reject(
                object.span(), surroundings.quote(object.span()) + " has type " + type, expected);
    }

    private Place field(CType.Struct struct, TypedExpression address, Word name, Span span) {
        CType.Field field = struct.field(name.text()).orElseThrow(() -> {
            surroundings.diagnostics().reportUnknown(name, struct + " has no member '" + name + "'", "one of its members",
                    struct.fields().stream().map(CType.Field::name).toList());
            return new Rejected();
        });
        return inMemory(field.type(), Nodes.offset(address, field.offset(), new CType.Pointer(field.type()), span));
    }

    /// {@return what is at a place: a scalar; an array becomes the address of its first element}
    TypedExpression read(Place place, Span span) {
        return switch (place) {
            case Place.InRegister(CType type, int slot) -> new TypedExpression.RegisterRead(type, slot, span);
            case Place.Errno() -> new TypedExpression.ErrnoRead(span);
            case Place.InMemory(CType.Array array, TypedExpression address) ->
                Nodes.convert(new CType.Pointer(array.element()), address, span);
            case Place.InMemory(CType type, TypedExpression address) when type.isScalar() ->
                new TypedExpression.Load(type, address, span);
            case Place.InMemory memory -> throw surroundings.reject(span,
                    surroundings.quote(span) + " is a whole " + memory.type(), "one of its members, or its address");
        };
    }

    /// {@return the address of an expression}
    TypedExpression address(Expression operand, Span span) {
        return switch (of(operand)) {
            case Place.InMemory(CType type, TypedExpression address) ->
                Nodes.convert(new CType.Pointer(type), address, span);
            case Place.Errno() -> throw surroundings.reject(span, "errno has no address here", "a variable");
            case Place.InRegister _ -> throw new AssertionError("in a register although its address is taken");
        };
    }
}
