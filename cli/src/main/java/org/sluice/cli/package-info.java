/** The {@code sluice} command: chat, generate, inspect, devices, bench. */
@NullMarked
package org.sluice.cli;

import org.jspecify.annotations.NullMarked;
