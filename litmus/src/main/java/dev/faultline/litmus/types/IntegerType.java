package dev.faultline.litmus.types;

/// C's integer types as Linux on x86-64 has them (LP64; plain `char` is signed).
///
/// A value of such a type is held in a Java `long` in one canonical form: sign-extended if the type is
/// signed, zero-extended if not; an unsigned 64-bit value is its 64 bits. [#normalise] makes that form.
public enum IntegerType implements CType {
    CHAR("char", 1, true, 1),
    SIGNED_CHAR("signed char", 1, true, 1),
    UNSIGNED_CHAR("unsigned char", 1, false, 1),
    SHORT("short", 2, true, 2),
    UNSIGNED_SHORT("unsigned short", 2, false, 2),
    INT("int", 4, true, 3),
    UNSIGNED_INT("unsigned int", 4, false, 3),
    LONG("long", 8, true, 4),
    UNSIGNED_LONG("unsigned long", 8, false, 4),
    LONG_LONG("long long", 8, true, 5),
    UNSIGNED_LONG_LONG("unsigned long long", 8, false, 5);

    private final String cName;
    private final int size;
    private final boolean signed;
    private final int rank;

    IntegerType(String cName, int size, boolean signed, int rank) {
        this.cName = cName;
        this.size = size;
        this.signed = signed;
        this.rank = rank;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long alignment() {
        return size;
    }

    /// {@return the number of bits}
    public int bits() {
        return size * Byte.SIZE;
    }

    /// {@return whether it has negative values}
    public boolean isSigned() {
        return signed;
    }

    /// {@return the low bits of `value` that this type has, in its canonical form}
    public long normalise(long value) {
        int unused = Long.SIZE - bits();
        return signed ? value << unused >> unused : value << unused >>> unused;
    }

    /// {@return whether every value of this type is also one of `wider`}
    public boolean fitsIn(IntegerType wider) {
        return signed == wider.signed ? size <= wider.size : !signed && size < wider.size;
    }

    /// {@return whether `other` differs from this in its sign at most, as `char *` and `unsigned char *` may}
    boolean sameButForSign(IntegerType other) {
        return rank == other.rank;
    }

    /// {@return the type after C's integer promotion: at least `int`}
    public IntegerType promoted() {
        return rank < INT.rank ? INT : this;
    }

    /// {@return the type in which C computes with a value of `left` and one of `right`}
    public static IntegerType common(IntegerType left, IntegerType right) {
        IntegerType a = left.promoted();
        IntegerType b = right.promoted();
        if (a.signed == b.signed) {
            return a.rank >= b.rank ? a : b;
        }
        IntegerType unsigned = a.signed ? b : a;
        IntegerType signed = a.signed ? a : b;
        if (unsigned.rank >= signed.rank) {
            return unsigned;
        }
        return unsigned.fitsIn(signed) ? signed : signed.toUnsigned();
    }

    private IntegerType toUnsigned() {
        return switch (this) {
            case CHAR, SIGNED_CHAR, UNSIGNED_CHAR -> UNSIGNED_CHAR;
            case SHORT, UNSIGNED_SHORT -> UNSIGNED_SHORT;
            case INT, UNSIGNED_INT -> UNSIGNED_INT;
            case LONG, UNSIGNED_LONG -> UNSIGNED_LONG;
            case LONG_LONG, UNSIGNED_LONG_LONG -> UNSIGNED_LONG_LONG;
        };
    }

    @Override
    public String toString() {
        return cName;
    }
}
