/** What {@code sluice compare} does: one model on several devices, their speed and how far they are from the reference. */
@NullMarked
package org.sluice.cli.compare;

import org.jspecify.annotations.NullMarked;
