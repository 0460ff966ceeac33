/** What a block of each quantised element type means: the decoders that define every weight format. */
package org.sluice.tensor.quant;
