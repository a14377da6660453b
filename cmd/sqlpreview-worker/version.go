package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCommand prints what is running.
type versionCommand struct{}

// Run prints one line.
func (*versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintf(env.stdout, "sqlpreview-worker %s %s %s/%s\n", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionString is the linker's word, else the module's version or revision.
func versionString() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
