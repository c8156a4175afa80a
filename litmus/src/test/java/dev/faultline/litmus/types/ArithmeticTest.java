package dev.faultline.litmus.types;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The values on the right are what gcc computes on x86-64 for `(long) (EXPRESSION)`.
class ArithmeticTest {
    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            1 + 2 * 3                          => 7
            (1 + 2) * 3                        => 9
            10 - 4 - 3                         => 3
            100 / 10 / 2                       => 5
            100 / 10 * 2                       => 20
            7 - 10 % 4                         => 5
            1 << 2 + 1                         => 8
            1 + 2 << 3                         => 24
            1 << 3 < 9                         => 1
            4 < 3 == 0                         => 1
            2 < 1 < 1                          => 1
            3 & 2 == 2                         => 1
            (3 & 2) == 2                       => 1
            4 | 2 ^ 6 & 3                      => 4
            1 | 6 ^ 4                          => 3
            5 ^ 1 & 3                          => 4
            0 && 0 || 1                        => 1
            1 || 0 && 0                        => 1
            1 | 0 && 2                         => 1
            !0 + 1                             => 2
            !(0 + 1)                           => 0
            -2 * -3                            => 6
            - - 5                              => 5
            ~0 & 0xff                          => 255
            ~1 + 1                             => -1
            1 ? 2 : 0 ? 3 : 4                  => 2
            0 ? 2 : 0 ? 3 : 4                  => 4
            1 ? 0 ? 5 : 6 : 7                  => 6
            0 || 1 ? 8 : 9                     => 8
            (1, 2, 3)                          => 3
            sizeof(int) * 2                    => 8
            sizeof (char) + 1                  => 2
            sizeof 1 + 1                       => 5
            sizeof(1 + 1)                      => 4
            (char) 1 + 300                     => 301
            (char) (1 + 300)                   => 45
            -(char) 1                          => -1
            1 - -1                             => 2
            """)
    void operatorsBindAsInC(String expression, long value) {
        assertEquals(value, Programs.value(expression));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '"', textBlock = """
            -1 < 1u                            => 0
            -1 < 1                             => 1
            -1 < 1ul                           => 0
            -1l < 1u                           => 1
            (unsigned char) -1                 => 255
            (char) 200                         => -56
            (unsigned short) 65537             => 1
            (short) 40000                      => -25536
            (int) 4294967295                   => -1
            (unsigned) -1                      => 4294967295
            (long) (unsigned) -1               => 4294967295
            (unsigned long) -1 == ~0ul         => 1
            2147483647 + 1                     => -2147483648
            2147483647 + 1u                    => 2147483648
            2147483648 + 1                     => 2147483649
            0x7fffffff + 1                     => -2147483648
            0x80000000 + 1                     => 2147483649
            0x80000000 < 0                     => 0
            -2147483648 < 0                    => 1
            0xffffffff == -1                   => 1
            4294967295 == -1                   => 0
            1 << 31                            => -2147483648
            1u << 31                           => 2147483648
            1l << 40                           => 1099511627776
            -8 >> 1                            => -4
            (unsigned) -8 >> 1                 => 2147483644
            -7 / 2                             => -3
            -7 % 2                             => -1
            (unsigned) -7 / 2                  => 2147483644
            (unsigned char) 255 + (unsigned char) 1   => 256
            (char) 127 + (char) 1              => 128
            (short) -1 == (unsigned short) -1  => 0
            (unsigned short) -1 < 0            => 0
            ~(unsigned char) 0                 => -1
            -(unsigned) 1                      => 4294967295
            !5                                 => 0
            'a' + 1                            => 98
            '\\xff'                            => -1
            '\\377' == (char) 255              => 1
            '\\0' + 010                        => 8
            0x10 + 0b11                        => 19
            sizeof('a')                        => 4
            sizeof(1l)                         => 8
            sizeof(long long)                  => 8
            sizeof(short)                      => 2
            sizeof(void *)                     => 8
            sizeof(size_t)                     => 8
            sizeof(mode_t)                     => 4
            sizeof("abc")                      => 4
            sizeof(1 ? (char) 1 : (char) 2)    => 4
            sizeof(1 ? 1 : 1ul)                => 8
            (1 ? -1 : 1u) > 0                  => 1
            (int *) 0 == NULL                  => 1
            (long) MAP_FAILED                  => -1
            MAP_FAILED == (void *) -1          => 1
            (O_RDWR | O_DIRECT) == 040002      => 1
            -EFAULT                            => -14
            INT_MAX + 1 == INT_MIN             => 1
            ULONG_MAX + 1                      => 0
            """)
    void conversionsAreThoseOfC(String expression, long value) {
        assertEquals(value, Programs.value(expression));
    }
}
