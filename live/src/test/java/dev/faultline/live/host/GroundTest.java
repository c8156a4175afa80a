package dev.faultline.live.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.faultline.litmus.setup.FileSystemType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// File systems of the host are where a test wants them, and nothing of them is left.
class GroundTest {
    @ParameterizedTest
    @CsvSource({"EXT4, ext2/ext3", "XFS, xfs", "BTRFS, btrfs", "TMPFS, tmpfs"})
    void aFileSystemIsThereAndGoes(FileSystemType type, String kind) throws IOException {
        Path folder;
        try (Ground ground = new Ground()) {
            folder = ground.folder();
            Host.place(ground, "mnt", type);
            Path mnt = folder.resolve("mnt");
            assertEquals(kind, Command.run(ground.command(List.of("stat", "-f", "-c", "%T", mnt.toRealPath().toString()))).strip());
            assertEquals(1, ground.places().size());
            assertTrue(ground.places().getFirst().startsWith(type.word() + " in "), ground.places().toString());
        } catch (HostUnavailable lacking) {
            abort("this host cannot: " + lacking.getMessage());
            return;
        }
        assertTrue(Files.notExists(folder), folder.toString());
    }

    @Test
    void anImageHasNoNameOnceItIsMounted() {
        try (Ground ground = new Ground()) {
            Host.place(ground, "mnt", FileSystemType.EXT4);
            List<String> command = ground.command(List.of("true"));
            String image = command.stream().filter(word -> word.endsWith(".ext4")).findFirst().orElse("");
            if (image.isEmpty()) {
                abort("this host has a folder on ext4 and nobody who may mount");
            }
            assertTrue(Files.exists(Path.of(image)), image);
            Command.run(command);
            assertTrue(Files.notExists(Path.of(image)), image);
        } catch (HostUnavailable lacking) {
            abort("this host cannot: " + lacking.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"EXT4", "TMPFS"})
    void anOverlayCoversAFileSystemAndGoes(FileSystemType type) throws IOException {
        Path folder;
        try (Ground ground = new Ground()) {
            folder = ground.folder();
            Host.place(ground, "mnt", type);
            Host.cover(ground, "mnt");
            String mnt = folder.resolve("mnt").toString();
            assertEquals("overlayfs", Command.run(ground.command(List.of("stat", "-L", "-f", "-c", "%T", mnt))).strip());
        } catch (HostUnavailable lacking) {
            abort("this host cannot: " + lacking.getMessage());
            return;
        }
        assertTrue(Files.notExists(folder), folder.toString());
    }
}
