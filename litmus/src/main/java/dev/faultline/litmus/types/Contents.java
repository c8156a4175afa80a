package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.syntax.Declaration.Designator;
import dev.faultline.litmus.syntax.Declaration.Element;
import dev.faultline.litmus.syntax.Declaration.Initializer;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.types.TypedExpression.Const;
import java.util.ArrayList;
import java.util.List;

/// What a variable begins with: the bytes known at load time, and the values that are not.
final class Contents {
    /// A scalar that is not known at load time, at `offset` bytes into the variable.
    record Unknown(long offset, CType type, TypedExpression value) {}

    private final Surroundings surroundings;
    private final ExpressionChecker expressions;
    private final Declarations declarations;
    private final byte[] known;
    private final List<Unknown> unknown = new ArrayList<>();

    private Contents(
            Surroundings surroundings, ExpressionChecker expressions, Declarations declarations, CType type) {
        this.surroundings = surroundings;
        this.expressions = expressions;
        this.declarations = declarations;
        this.known = new byte[Math.toIntExact(type.size())];
    }

    /// {@return what `initializer` puts into a variable of `type`; what it does not name is 0}
    static Contents of(
            Surroundings surroundings, ExpressionChecker expressions, Declarations declarations, CType type,
            Initializer initializer) {
        var contents = new Contents(surroundings, expressions, declarations, type);
        contents.put(0, type, initializer);
        return contents;
    }

    Bytes known() {
        return Bytes.copyOf(known);
    }

    List<Unknown> unknown() {
        return List.copyOf(unknown);
    }

    private void put(long offset, CType type, Initializer initializer) {
        switch (initializer) {
            case Initializer.Single(Expression.StringLiteral literal) when type instanceof CType.Array array
                    && array.element().size() == 1 -> text(offset, array, literal);
            case Initializer.Single(Expression value) -> single(offset, type, value);
            case Initializer.Braced braced -> braced(offset, type, braced);
        }
    }

    private void text(long offset, CType.Array array, Expression.StringLiteral literal) {
        byte[] bytes = literal.bytes().toArray();
        if (bytes.length > array.length()) {
            throw surroundings.reject(literal.span(), "the string has " + bytes.length + " bytes",
                    "at most " + array.length());
        }
        System.arraycopy(bytes, 0, known, Math.toIntExact(offset), bytes.length);
    }

    private void single(long offset, CType type, Expression value) {
        if (!type.isScalar()) {
            throw surroundings.reject(value.span(), type + " cannot begin with one value", "'{' and its parts");
        }
        TypedExpression typed = expressions.conversions().assign(
                expressions.value(value), type, value.span(), "the initialiser");
        if (typed instanceof Const(_, long bits, _)) {
            for (int i = 0; i < type.size(); i++) {
                known[Math.toIntExact(offset + i)] = (byte) (bits >>> i * Byte.SIZE);
            }
        } else {
            unknown.add(new Unknown(offset, type, typed));
        }
    }

    private void braced(long offset, CType type, Initializer.Braced braced) {
        switch (type) {
            case CType.Array array -> elements(offset, array, braced);
            case CType.Struct struct -> members(offset, struct, braced);
            default -> {
                if (braced.elements().size() != 1 || braced.elements().getFirst().designator().isPresent()) {
                    throw surroundings.reject(braced.span(), type + " has one value", "one value between '{' and '}'");
                }
                put(offset, type, braced.elements().getFirst().value());
            }
        }
    }

    private void elements(long offset, CType.Array array, Initializer.Braced braced) {
        long next = 0;
        for (Element element : braced.elements()) {
            next = declarations.designatedIndex(element).orElse(next);
            if (next >= array.length()) {
                throw surroundings.reject(element.value().span(), "this is element " + next + " of " + array,
                        "at most " + array.length() + " elements");
            }
            put(offset + next * array.element().size(), array.element(), element.value());
            next++;
        }
    }

    private void members(long offset, CType.Struct struct, Initializer.Braced braced) {
        int next = 0;
        for (Element element : braced.elements()) {
            next = element.designator().map(designator -> member(struct, designator, element.value().span())).orElse(next);
            if (next >= struct.fields().size()) {
                throw surroundings.reject(element.value().span(), struct + " has no member for this",
                        "at most " + struct.fields().size() + " values");
            }
            CType.Field field = struct.fields().get(next);
            put(offset + field.offset(), field.type(), element.value());
            next++;
        }
    }

    private int member(CType.Struct struct, Designator designator, Span span) {
        if (!(designator instanceof Designator.Named(Word name))) {
            throw surroundings.reject(span, struct + " has no numbered elements", ".MEMBER =");
        }
        return struct.field(name.text()).map(struct.fields()::indexOf).orElseThrow(() -> {
            surroundings.diagnostics().reportUnknown(name, struct + " has no member '" + name + "'",
                    "one of its members", struct.fields().stream().map(CType.Field::name).toList());
            return new Rejected();
        });
    }
}
