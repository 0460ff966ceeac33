/** The front door of the library: load a model, open sessions. */
package org.sluice;
