/** The one unchecked exception hierarchy of Sluice. */
package org.sluice.error;
