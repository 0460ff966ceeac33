/** Constrained output: automata, masks, schemas and the answers of a model that is held to them. */
package org.sluice.tests.constraint;
