package dev.faultline.litmus.types;

import static java.util.Map.entry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;

/// The types that C's words and the typedefs of the public headers stand for.
public final class TypeNames {
    private static final SequencedMap<String, IntegerType> TYPEDEFS = Collections.unmodifiableSequencedMap(typedefs());

    private TypeNames() {}

    /// {@return the names of the typedefs}
    public static SequencedCollection<String> typedefNames() {
        return TYPEDEFS.sequencedKeySet();
    }

    /// {@return the type that `words` name in any order that C allows: a typedef alone, `void` alone, or an
    /// integer type; none for a struct or where the words do not go together}
    static Optional<CType> of(List<String> words) {
        if (words.size() == 1) {
            if (words.getFirst().equals("void")) {
                return Optional.of(CType.VOID);
            }
            if (TYPEDEFS.containsKey(words.getFirst())) {
                return Optional.of(TYPEDEFS.get(words.getFirst()));
            }
        }
        return integer(words);
    }

    private static Optional<CType> integer(List<String> words) {
        int signs = count(words, "signed") + count(words, "unsigned");
        int longs = count(words, "long");
        int ints = count(words, "int");
        int chars = count(words, "char");
        int shorts = count(words, "short");
        boolean fits = signs <= 1 && ints <= 1 && signs + longs + ints + chars + shorts == words.size()
                && (chars == 0 ? shorts + (longs > 0 ? 1 : 0) <= 1 && longs <= 2 : chars + ints + shorts + longs == 1);
        if (!fits || words.isEmpty()) {
            return Optional.empty();
        }
        boolean unsigned = words.contains("unsigned");
        if (chars == 1) {
            return Optional.of(unsigned ? IntegerType.UNSIGNED_CHAR
                    : words.contains("signed") ? IntegerType.SIGNED_CHAR : IntegerType.CHAR);
        }
        if (shorts == 1) {
            return Optional.of(unsigned ? IntegerType.UNSIGNED_SHORT : IntegerType.SHORT);
        }
        return Optional.of(switch (longs) {
            case 0 -> unsigned ? IntegerType.UNSIGNED_INT : IntegerType.INT;
            case 1 -> unsigned ? IntegerType.UNSIGNED_LONG : IntegerType.LONG;
            default -> unsigned ? IntegerType.UNSIGNED_LONG_LONG : IntegerType.LONG_LONG;
        });
    }

    private static int count(List<String> words, String word) {
        return Collections.frequency(words, word);
    }

    private static SequencedMap<String, IntegerType> typedefs() {
        SequencedMap<String, IntegerType> table = new LinkedHashMap<>();
        List<Map.Entry<String, IntegerType>> entries = List.of(
                entry("size_t", IntegerType.UNSIGNED_LONG), entry("ssize_t", IntegerType.LONG),
                entry("off_t", IntegerType.LONG), entry("loff_t", IntegerType.LONG),
                entry("pid_t", IntegerType.INT), entry("mode_t", IntegerType.UNSIGNED_INT),
                entry("nfds_t", IntegerType.UNSIGNED_LONG), entry("time_t", IntegerType.LONG),
                entry("ptrdiff_t", IntegerType.LONG), entry("intptr_t", IntegerType.LONG),
                entry("uintptr_t", IntegerType.UNSIGNED_LONG), entry("aio_context_t", IntegerType.UNSIGNED_LONG),
                entry("int8_t", IntegerType.SIGNED_CHAR), entry("int16_t", IntegerType.SHORT),
                entry("int32_t", IntegerType.INT), entry("int64_t", IntegerType.LONG),
                entry("uint8_t", IntegerType.UNSIGNED_CHAR), entry("uint16_t", IntegerType.UNSIGNED_SHORT),
                entry("uint32_t", IntegerType.UNSIGNED_INT), entry("uint64_t", IntegerType.UNSIGNED_LONG),
                entry("__s8", IntegerType.SIGNED_CHAR), entry("__s16", IntegerType.SHORT),
                entry("__s32", IntegerType.INT), entry("__s64", IntegerType.LONG_LONG),
                entry("__u8", IntegerType.UNSIGNED_CHAR), entry("__u16", IntegerType.UNSIGNED_SHORT),
                entry("__u32", IntegerType.UNSIGNED_INT), entry("__u64", IntegerType.UNSIGNED_LONG_LONG));
        entries.forEach(entry -> table.put(entry.getKey(), entry.getValue()));
        return table;
    }
}
