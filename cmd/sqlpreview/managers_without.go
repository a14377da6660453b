//go:build !with_vault || !with_aws || !with_gcp

package main

import "fmt"

// notBuiltIn is the fault of a manager that this binary was built without.
func notBuiltIn(name, tag string) error {
	return fmt.Errorf("this binary was built without the library of %s; build it with -tags %s", name, tag)
}
