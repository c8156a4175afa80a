package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.uapi.SysResult;

/// Where a call starts in a file: at an offset that the program gives by its address and gets back, or at the position of
/// the open file, which is read and written without its lock.
final class FilePosition {
    private final Process process;
    private final OpenFile file;
    private final long address;
    private final Content word = new Content((byte) 0);

    /// The position in a file.
    ///
    /// @param address where the program has an offset; 0 for the position of the open file
    FilePosition(Process process, OpenFile file, long address) {
        this.process = process;
        this.file = file;
        this.address = address;
    }

    OpenFile file() {
        return file;
    }

    /// {@return whether the program gives an offset}
    boolean isGiven() {
        return address != 0;
    }

    /// Reads the offset that the program gives.
    ///
    /// @return whether it can be read
    boolean fetch() {
        return !isGiven() || UserWords.in(process, address, word, 8);
    }

    /// {@return a request that starts there} One step, if it is the position of the open file.
    Kiocb start() {
        return new Kiocb(file, isGiven() ? word.load(0, 8) : file.position().read());
    }

    /// Takes over where a request has come to. One step, if it is the position of the open file.
    SysResult moved(Kiocb iocb, SysResult result) {
        if (isGiven()) {
            word.store(0, 8, iocb.pos());
        } else {
            file.position().write(iocb.pos());
        }
        return result;
    }

    /// Tells the program how far the call has come, if it gave an offset.
    ///
    /// @return whether it could be told
    boolean tell() {
        return !isGiven() || UserWords.out(process, address, word, 8);
    }
}
