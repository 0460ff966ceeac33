/**
 * Writing models: from a Hugging Face checkpoint to GGUF, and random models of any shape for measurements. Above {@code
 * model}, whose configurations it reads; below nothing but the command line.
 */
package org.sluice.convert;
