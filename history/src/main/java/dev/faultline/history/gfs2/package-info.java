/// Old forms of gfs2: how it moved data between files and user memory from v5.14 to v6.3, and in the postings
/// of the series that changed it.
@NullMarked
package dev.faultline.history.gfs2;

import org.jspecify.annotations.NullMarked;
