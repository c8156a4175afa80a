package dev.faultline.litmus.types;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The tables of the public headers. The numbers on the right were printed by a C program on x86-64.
class TablesTest {
    private static final List<String> CALLS = List.of(("open openat close read write pread pwrite readv writev preadv "
            + "pwritev preadv2 pwritev2 lseek ftruncate truncate fallocate fstat fsync fdatasync sync_file_range msync "
            + "mmap munmap mprotect mremap madvise mlock munlock mincore fork wait waitpid _exit pipe pipe2 splice vmsplice "
            + "tee sendfile copy_file_range userfaultfd ioctl poll fcntl io_setup io_submit io_getevents io_destroy "
            + "process_vm_readv process_vm_writev unlink rename dup sched_yield getpid prctl memfd_create setrlimit memset memcpy "
            + "memcmp "
            + "assert "
            + "__arm_mte_increment_tag __arm_mte_set_tag __arm_mte_get_tag adi_set_version adi_get_version").split(" "));

    @Test
    void everyCallOfTheLanguageHasASignature() {
        assertEquals(CALLS, List.copyOf(Calls.names()));
    }

    @Test
    void aSignatureKnowsItsOptionalParameters() {
        CallSignature open = Calls.named("open").orElseThrow();
        assertEquals(2, open.required());
        assertEquals(3, open.parameters().size());
        assertEquals(IntegerType.UNSIGNED_INT, open.parameters().getLast().type().orElseThrow());
        assertEquals(CType.VOID_POINTER, Calls.named("mmap").orElseThrow().result());
        assertTrue(Calls.named("ioctl").orElseThrow().parameters().getLast().type().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"O_DIRECT, 0x4000", "O_TMPFILE, 0x410000", "AT_FDCWD, -100", "SEEK_HOLE, 4", "PROT_WRITE, 2",
        "MAP_ANONYMOUS, 0x20", "MAP_SYNC, 0x80000", "MADV_POPULATE_WRITE, 23", "MS_SYNC, 4", "RWF_NOWAIT, 8",
        "FALLOC_FL_PUNCH_HOLE, 2", "SPLICE_F_GIFT, 8", "MFD_ALLOW_SEALING, 2", "POLLERR, 8", "IOCB_CMD_PWRITEV, 8",
        "S_IFREG, 0x8000", "UFFDIO_API, 0xc018aa3f", "UFFDIO_COPY, 0xc028aa03", "UFFDIO_CONTINUE, 0xc020aa07",
        "UFFDIO_WRITEPROTECT, 0xc018aa06", "UFFD_API, 0xaa", "EFAULT, 14", "EOPNOTSUPP, 95", "EHWPOISON, 133",
        "SIGBUS, 7", "SIGSEGV, 11", "SIGABRT, 6", "PAGE_SIZE, 4096", "IOV_MAX, 1024", "UINT_MAX, 0xffffffff",
        "LONG_MIN, -9223372036854775808", "NULL, 0", "MAP_FAILED, -1"})
    void constantsHaveTheirValues(String name, String value) {
        assertEquals(Long.decode(value), Constants.named(name).orElseThrow().value());
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            iovec, 16, iov_len, 8, 8
            pollfd, 8, revents, 6, 2
            timespec, 16, tv_nsec, 8, 8
            stat, 144, st_mode, 24, 4
            stat, 144, st_size, 48, 8
            stat, 144, st_blocks, 64, 8
            stat, 144, st_ctim, 104, 16
            iocb, 64, aio_lio_opcode, 16, 2
            iocb, 64, aio_fildes, 20, 4
            iocb, 64, aio_offset, 40, 8
            iocb, 64, aio_resfd, 60, 4
            io_event, 32, res, 16, 8
            flock, 32, l_pid, 24, 4
            uffdio_api, 24, ioctls, 16, 8
            uffdio_register, 32, ioctls, 24, 8
            uffdio_copy, 40, copy, 32, 8
            uffdio_zeropage, 32, zeropage, 24, 8
            uffdio_continue, 32, mapped, 24, 8
            uffdio_writeprotect, 24, mode, 16, 8
            uffd_msg, 32, arg, 8, 24
            """)
    void structsAreLaidOutAsLinuxDoes(String struct, long size, String field, long offset, long fieldSize) {
        CType.Struct layout = Structs.named(struct).orElseThrow();
        assertEquals(size, layout.size());
        assertEquals(offset, layout.field(field).orElseThrow().offset());
        assertEquals(fieldSize, layout.field(field).orElseThrow().type().size());
    }

    @Test
    void noFieldReachesBeyondItsStruct() {
        for (String name : Structs.names()) {
            CType.Struct struct = Structs.named(name).orElseThrow();
            for (CType.Field field : struct.fields()) {
                assertTrue(field.offset() + field.type().size() <= struct.size(), struct + "." + field.name());
            }
        }
    }

    @Test
    void membersOfMembersAreReached() {
        FlatMachine machine = Programs.run("P0() { struct uffd_msg m; m.arg.pagefault.address = 0x1234;"
                + " long a = m.arg.remap.to; struct stat s; s.st_atim.tv_sec = 5; long b = s.st_atime;"
                + " struct uffdio_register r = { { 1, 2 }, UFFDIO_REGISTER_MODE_WP }; long c = r.range.len + r.mode; }");
        assertEquals(0x1234, machine.value("a"));
        assertEquals(5, machine.value("b"));
        assertEquals(4, machine.value("c"));
    }

    @Test
    void theGrammarAndTheTableKnowTheSameTypedefs() throws Exception {
        String lexer = Files.readString(Path.of("src/main/antlr4/dev/faultline/litmus/grammar/LitmusLexer.g4"));
        int from = lexer.indexOf("TYPEDEF_NAME\n");
        String rule = lexer.substring(from, lexer.indexOf("    ;", from));
        List<String> names = new ArrayList<>();
        Pattern.compile("'(\\w+)'").matcher(rule).results().forEach(match -> names.add(match.group(1)));
        assertEquals(new TreeSet<>(TypeNames.typedefNames()), new TreeSet<>(names));
        assertEquals(names.size(), TypeNames.typedefNames().size());
    }

    @ParameterizedTest
    @CsvSource({"long unsigned int, unsigned long", "int long, long", "long int long, long long", "short int, short",
        "unsigned, unsigned int", "signed char, signed char", "char unsigned, unsigned char", "signed, int",
        "unsigned long long int, unsigned long long"})
    void theWordsOfATypeStandInAnyOrder(String words, String type) {
        assertEquals(type, TypeNames.of(List.of(words.split(" "))).orElseThrow().toString());
    }

    @ParameterizedTest
    @CsvSource({"short long", "long long long", "char int", "signed unsigned", "int int", "unsigned size_t", "long void"})
    void wordsThatDoNotGoTogetherAreNoType(String words) {
        assertTrue(TypeNames.of(List.of(words.split(" "))).isEmpty());
    }
}
