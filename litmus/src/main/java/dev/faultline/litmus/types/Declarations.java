package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Declaration;
import dev.faultline.litmus.syntax.Declaration.Declarator;
import dev.faultline.litmus.syntax.Declaration.Initializer;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.TypeName;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.TypedExpression.Const;
import java.util.List;
import java.util.OptionalLong;

/// What declarations and type names stand for.
final class Declarations {
    private static final long PAGE = 4096;
    private static final long MOST_BYTES = 16 << 20;
    private static final String A_TYPE = "char, short, int, long, one of them unsigned, a typedef such as size_t, "
            + "a struct of the headers, or a pointer to one of these";

    private final Surroundings surroundings;
    private final ExpressionChecker expressions;

    Declarations(Surroundings surroundings, ExpressionChecker expressions) {
        this.surroundings = surroundings;
        this.expressions = expressions;
    }

    /// {@return the alignment of a variable. One of a page or more begins at a page, so that tests can speak
    /// of its pages}
    static long alignment(CType type) {
        return type.size() >= PAGE ? PAGE : type.alignment();
    }

    static long roundUp(long offset, long alignment) {
        return (offset + alignment - 1) / alignment * alignment;
    }

    /// {@return the type that a type name stands for}
    static CType resolve(TypeName name, Surroundings surroundings) {
        List<String> words = name.words().stream().map(Word::text).toList();
        CType type = words.size() == 2 && words.getFirst().equals("struct")
                ? struct(name.words().getLast(), surroundings)
                : TypeNames.of(words).orElseThrow(() -> surroundings.reject(
                        name.span(), "'" + String.join(" ", words) + "' is not a type", A_TYPE));
        return pointers(type, name.pointers());
    }

    private static CType struct(Word name, Surroundings surroundings) {
        return Structs.named(name.text()).orElseThrow(() -> {
            surroundings.diagnostics().reportUnknown(
                    name, "struct " + name + " is not known", "a struct of the headers", Structs.names());
            return new Rejected();
        });
    }

    private static CType pointers(CType type, int count) {
        return count == 0 ? type : pointers(new CType.Pointer(type), count - 1);
    }

    /// {@return the type of one declared variable}
    CType typeOf(Declaration declaration, Declarator declarator) {
        CType type = pointers(resolve(declaration.type(), surroundings), declarator.pointers());
        if (type instanceof CType.Void) {
            throw surroundings.reject(declarator.name().span(), "'" + declarator.name() + "' has type void",
                    "a type that has values, or void *");
        }
        return declarator.dimensions().isEmpty() ? type : array(type, declarator);
    }

    private CType array(CType element, Declarator declarator) {
        if (declarator.dimensions().size() > 1) {
            throw surroundings.reject(declarator.dimensions().get(1).span(),
                    "'" + declarator.name() + "' has more than one dimension", "a one-dimensional array");
        }
        Declaration.Dimension dimension = declarator.dimensions().getFirst();
        long length = dimension.length().map(this::length).orElseGet(() -> impliedLength(declarator));
        if (length > MOST_BYTES / element.size()) {
            throw surroundings.reject(dimension.span(), "'" + declarator.name() + "' is larger than 16 MiB",
                    "an array that fits in a small machine");
        }
        return new CType.Array(element, length);
    }

    private long length(Expression length) {
        TypedExpression value = expressions.integer(length);
        if (!(value instanceof Const(IntegerType type, long elements, _))) {
            throw surroundings.reject(length.span(), "the length of the array is not known at load time", "a constant");
        }
        if (elements == 0 || elements < 0 && type.isSigned()) {
            throw surroundings.reject(length.span(), "the length of the array is " + elements, "at least 1");
        }
        return elements < 0 ? Long.MAX_VALUE : elements;
    }

    /// The length of `x[]` is what its initialiser says.
    private long impliedLength(Declarator declarator) {
        Span span = declarator.dimensions().getFirst().span();
        long length = switch (declarator.initializer().orElseThrow(() -> surroundings.reject(
                span, "'" + declarator.name() + "' has no length", "a length or an initialiser"))) {
            case Initializer.Single(Expression.StringLiteral literal) -> literal.bytes().length() + 1L;
            case Initializer.Braced braced -> braced.elements().stream()
                    .reduce(new long[2], this::pastElement, (a, _) -> a)[1];
            case Initializer.Single single -> throw surroundings.reject(
                    single.span(), "an array begins with this", "'{' and its elements, or a string");
        };
        if (length == 0) {
            throw surroundings.reject(span, "'" + declarator.name() + "' has no elements", "at least 1");
        }
        return length;
    }

    /// `state` is where the next element goes, and the length so far.
    private long[] pastElement(long[] state, Declaration.Element element) {
        long index = designatedIndex(element).orElse(state[0]);
        return new long[] {index + 1, Math.max(state[1], index + 1)};
    }

    /// {@return the index that an element of an array is designated for}
    OptionalLong designatedIndex(Declaration.Element element) {
        if (element.designator().isEmpty()) {
            return OptionalLong.empty();
        }
        return switch (element.designator().get()) {
            case Declaration.Designator.Numbered(Expression index) -> OptionalLong.of(index(index));
            case Declaration.Designator.Named(Word name) ->
                throw surroundings.reject(name.span(), "an array has no member '" + name + "'", "[INDEX] =");
        };
    }

    private long index(Expression expression) {
        if (!(expressions.integer(expression) instanceof Const known) || known.value() < 0) {
            throw surroundings.reject(expression.span(), "this is no index", "a constant from 0 on");
        }
        return Math.min(known.value(), MOST_BYTES);
    }

    /// Refuses names that mean something already.
    void checkName(Word name) {
        if (name.text().equals("errno") || name.text().equals("signal")) {
            throw surroundings.reject(name.span(), "'" + name + "' has a meaning of its own", "another name");
        }
        if (Constants.named(name.text()).isPresent()) {
            throw surroundings.reject(name.span(), "'" + name + "' is a constant of the headers", "another name");
        }
    }
}
