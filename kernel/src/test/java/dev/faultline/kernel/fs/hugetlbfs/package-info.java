@NullMarked
package dev.faultline.kernel.fs.hugetlbfs;

import org.jspecify.annotations.NullMarked;
