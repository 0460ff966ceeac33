/** Model files: safetensors and GGUF, mapped and checked, read and written. */
package org.sluice.checkpoint;
