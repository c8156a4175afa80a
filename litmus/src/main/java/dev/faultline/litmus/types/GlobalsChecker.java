package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Declaration;
import dev.faultline.litmus.syntax.Declaration.Declarator;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.DataImage.Relocation;
import dev.faultline.litmus.types.TypedExpression.Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// Checks the globals and lays them out in the data segment, one after another as declared.
final class GlobalsChecker {
    private static final long MOST_BYTES = 64 << 20;

    private final Surroundings surroundings;
    private final ExpressionChecker expressions;
    private final Declarations declarations;
    private final List<Relocation> relocations = new ArrayList<>();
    private byte[] image = new byte[0];

    GlobalsChecker(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.expressions = new ExpressionChecker(surroundings, new Frame(Set.of()));
        this.declarations = new Declarations(surroundings, expressions);
    }

    void declare(Declaration declaration) {
        for (Declarator declarator : declaration.declarators()) {
            try {
                declare(declaration, declarator);
            } catch (Rejected _) {
                standIn(declarator.name());
            }
        }
    }

    /// So that the uses of a name whose declaration was refused are not errors as well.
    private void standIn(Word name) {
        if (surroundings.global(name.text()).isEmpty()) {
            surroundings.declare(new Global(name.text(), IntegerType.INT, 0, name.span()));
        }
    }

    private void declare(Declaration declaration, Declarator declarator) {
        Word name = declarator.name();
        declarations.checkName(name);
        if (surroundings.global(name.text()).isPresent()) {
            throw surroundings.reject(name.span(), "'" + name + "' is declared twice",
                    "another name than that of line " + surroundings.global(name.text()).get().span().line());
        }
        CType type = declarations.typeOf(declaration, declarator);
        long offset = Declarations.roundUp(image.length, Declarations.alignment(type));
        if (offset + type.size() > MOST_BYTES) {
            throw surroundings.reject(name.span(), "'" + name + "' makes the globals larger than 64 MiB",
                    "globals that fit in a small machine");
        }
        image = Arrays.copyOf(image, Math.toIntExact(offset + type.size()));
        surroundings.declare(new Global(name.text(), type, offset, name.span()));
        declarator.initializer().ifPresent(initializer -> fill(offset,
                Contents.of(surroundings, expressions, declarations, type, initializer)));
    }

    private void fill(long offset, Contents contents) {
        System.arraycopy(contents.known().toArray(), 0, image, Math.toIntExact(offset), contents.known().length());
        for (Contents.Unknown part : contents.unknown()) {
            if (!(part.value() instanceof Address address)) {
                throw surroundings.reject(part.value().span(),
                        surroundings.quote(part.value().span()) + " is not known before the program runs",
                        "a constant, or the address of a global");
            }
            relocations.add(new Relocation(offset + part.offset(), address.segment(), address.offset()));
        }
    }

    DataImage image() {
        return new DataImage(Bytes.copyOf(image), List.copyOf(relocations));
    }
}
