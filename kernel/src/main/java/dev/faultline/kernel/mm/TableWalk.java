package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// What keeps those who walk page tables without locks from what becomes of the tables.
public class TableWalk {
    /// The seam at which other forms plug in.
    public static final Part<TableWalk> PART = new Part<>("mm.TableWalk", TableWalk.class);

    /// Today's form.
    public TableWalk() {}

    /// {@return whether who has taken a reference looks at the entry above the table once more}
    protected boolean checksTheTable() {
        return true;
    }

    /// {@return whether who makes one huge page of small ones waits for such walks, also where the flushing of translations
    /// does not interrupt other processors}
    protected boolean isAwaitedByCollapse() {
        return true;
    }

    /// {@return whether a table that is taken out is freed only when such walks have ended (RCU)}
    protected boolean keepsTables() {
        return true;
    }
}
