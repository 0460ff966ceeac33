/** What {@code sluice bench} measures: prefill, decode, where the time goes, and a plain read of the same bytes beside it. */
@NullMarked
package org.sluice.cli.bench;

import org.jspecify.annotations.NullMarked;
