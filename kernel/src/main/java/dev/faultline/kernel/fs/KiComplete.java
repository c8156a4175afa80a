package dev.faultline.kernel.fs;

import dev.faultline.kernel.uapi.SysResult;

/// Who is told how a request ended that was queued (`ki_complete`).
public interface KiComplete {
    /// The request is over. Called once, by the task that completes it.
    void complete(SysResult result);
}
