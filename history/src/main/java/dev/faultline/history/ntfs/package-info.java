/// The driver of ntfs up to v6.8: fs/ntfs. Files that are neither resident, sparse, compressed nor encrypted.
@NullMarked
package dev.faultline.history.ntfs;

import org.jspecify.annotations.NullMarked;
