package dev.faultline.live.conform;

import java.util.List;
import java.util.stream.LongStream;

/// An argument of a call.
public sealed interface Operand {
    /// A value of a register: a number, flags, an address, a descriptor.
    record Number(long value) implements Operand {}

    /// The number of the process that makes the call.
    record Self() implements Operand {}

    /// The address of the name of a file in the program's folder.
    record Path(String name) implements Operand {}

    /// The address of an array of `struct iovec`.
    record Vector(List<Range> ranges) implements Operand {
        /// An array of its own.
        public Vector {
            ranges = List.copyOf(ranges);
        }
    }

    /// The address of memory for an answer of so many bytes, zero before the call, shown after it.
    record Out(int lengthBytes) implements Operand {}

    /// The address of numbers of eight bytes, which the call may change. They are shown after it, whatever it came to.
    record Words(List<Long> values) implements Operand {
        /// An array of its own.
        public Words {
            values = List.copyOf(values);
        }

        static Words of(long... values) {
            return new Words(LongStream.of(values).boxed().toList());
        }
    }

    /// A range of addresses.
    record Range(long address, long lengthBytes) {}

    /// {@return the value of a register}
    static Operand of(long value) {
        return new Number(value);
    }
}
