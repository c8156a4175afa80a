/// A guest of KVM on powerpc, as far as it looks at the page that its host maps for it: arch/powerpc/kernel/kvm.c.
@NullMarked
package dev.faultline.kernel.kvm;

import org.jspecify.annotations.NullMarked;
