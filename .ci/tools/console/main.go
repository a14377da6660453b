// Command console bundles the page of preview/console: TypeScript and styles from
// a folder of sources, with the npm packages that its lock file names, into the
// few files that the product embeds. It needs no Node: esbuild is a Go library,
// and the packages come from npm's registry by HTTP, each proven by the integrity
// hash of the lock file.
//
//	console -page preview/console/page -out preview/console/dist
//
// With -dev it unpacks one package that the lock file has for development instead,
// such as the accessibility checker of the tests:
//
//	console -page preview/console/page -dev axe-core -out FOLDER
//
// With -types it checks the types of the sources instead, and writes nothing:
//
//	console -page preview/console/page -types
//
// The same sources and lock file give the same bytes, so that a committed bundle
// can be proven fresh.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
)

func main() {
	page := flag.String("page", "", "the folder with index.html, src and package-lock.json")
	out := flag.String("out", "", "the folder that the bundle is written to")
	dev := flag.String("dev", "", "the development package to unpack into -out, instead of bundling")
	types := flag.Bool("types", false, "check the types of the sources, instead of bundling")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *page, *out, *dev, *types)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, page, out, dev string, types bool) error {
	if page == "" || (out == "") != types || types && dev != "" || flag.NArg() > 0 {
		return fmt.Errorf("usage: console -page FOLDER [-dev PACKAGE] -out FOLDER, or console -page FOLDER -types")
	}
	locked, err := readLock(filepath.Join(page, "package-lock.json"))
	if err != nil {
		return err
	}
	switch {
	case dev != "":
		return unpackDev(ctx, locked, dev, page, out)
	case types:
		return checkTypes(ctx, locked, page, os.Stderr)
	}
	locked = slices.DeleteFunc(locked, func(p pkg) bool { return p.dev })
	work, err := prepare(ctx, locked, page)
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	files, err := bundle(work, locked)
	if err != nil {
		return err
	}
	return write(out, files)
}

// prepare makes a folder with the packages and the page's sources, which the caller
// removes. The sources are copied, so that no other package than the locked ones can be
// found from where they lie, such as those of a node_modules beside them.
func prepare(ctx context.Context, packages []pkg, page string) (work string, err error) {
	if work, err = os.MkdirTemp("", "sqlpreview-console-"); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	if err := install(ctx, packages, work, page); err != nil {
		return "", err
	}
	for _, name := range []string{"src", "index.html", "icon.svg", "tsconfig.json"} {
		if err := copyTree(filepath.Join(page, name), filepath.Join(work, name)); err != nil {
			return "", err
		}
	}
	return work, nil
}

// unpackDev unpacks the development package of that name into out.
func unpackDev(ctx context.Context, locked []pkg, name, page, out string) error {
	for _, p := range locked {
		if p.dev && p.name == name {
			p.dir = "."
			return install(ctx, []pkg{p}, out, page)
		}
	}
	return fmt.Errorf("the lock file has no development package %q", name)
}

// write replaces what is in the folder.
func write(out string, files map[string][]byte) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a file or a folder of files; one that is not there is left out.
func copyTree(from, to string) error {
	info, err := os.Stat(from)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return os.CopyFS(to, os.DirFS(from))
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
