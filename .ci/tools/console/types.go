package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// compilers begins the names of the packages that hold the TypeScript compiler as a
// program of one system, for development, one for each. It needs no Node either.
const compilers = "@typescript/typescript-"

// checkTypes has the TypeScript compiler check the page's sources against the types of
// the locked packages. What it finds goes to report.
func checkTypes(ctx context.Context, locked []pkg, page string, report io.Writer) error {
	name := compilers + system(runtime.GOOS, runtime.GOARCH)
	needed := slices.DeleteFunc(slices.Clone(locked), func(p pkg) bool { return p.dev && p.name != name })
	i := slices.IndexFunc(needed, func(p pkg) bool { return p.name == name })
	if i < 0 {
		return fmt.Errorf("the lock file has no TypeScript compiler for this system (%s)", name)
	}
	work, err := prepare(ctx, needed, page)
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	compiler := filepath.Join(work, filepath.FromSlash(needed[i].dir), "lib", "tsc")
	if err := os.Chmod(compiler, 0o700); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, compiler, "--project", "tsconfig.json", "--pretty", "false")
	command.Dir, command.Stdout, command.Stderr = work, report, report
	if err := command.Run(); err != nil {
		return errors.Join(errors.New("the types of the page's sources do not hold, see above"), err)
	}
	return nil
}

// system is a system as Node names it.
func system(goos, goarch string) string {
	for _, names := range []map[string]string{{"windows": "win32", "solaris": "sunos"}, {"amd64": "x64", "386": "ia32"}} {
		if name, ok := names[goos]; ok {
			goos = name
		}
		if name, ok := names[goarch]; ok {
			goarch = name
		}
	}
	return goos + "-" + goarch
}
