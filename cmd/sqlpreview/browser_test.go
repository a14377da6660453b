package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
)

// TestOpenBrowser: what the system's program is given does not hold the link, which
// other users would see; the file that it names does, and only this user can read it.
func TestOpenBrowser(t *testing.T) {
	bin, seen := t.TempDir(), filepath.Join(t.TempDir(), "seen")
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SEEN", seen)
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	script := "#!/bin/sh\n{ echo \"$# $1\"; ls -l \"$1\" | cut -c1-10; ls -ld \"${1%/*}\" | cut -c1-10; cat \"$1\"; } >\"$SEEN.new\"; mv \"$SEEN.new\" \"$SEEN\"\n"
	if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	const link = "http://127.0.0.1:7777/#the-token"
	remove, err := openBrowser(link)
	if err != nil {
		t.Fatal(err)
	}
	var content []byte
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if content, err = os.ReadFile(seen); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the program was not started")
		}
	}
	lines := strings.Split(string(content), "\n")
	count, file, _ := strings.Cut(lines[0], " ")
	if count != "1" || strings.Contains(lines[0], "the-token") || lines[1] != "-rw-------" || lines[2] != "drwx------" ||
		!strings.Contains(lines[3], `content="0;url=`+link+`"`) {
		t.Errorf("the program saw:\n%s", content)
	}
	remove()
	if _, err := os.Stat(filepath.Dir(file)); !os.IsNotExist(err) {
		t.Errorf("the file is left behind: %v", err)
	}

	t.Setenv("PATH", t.TempDir())
	if remove, err = openBrowser(link); err == nil {
		t.Error("a program that is not there was started")
	}
	remove()
}

// TestHasDesktop: a browser is opened only for a user who sits at this machine.
func TestHasDesktop(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("without a pseudo-terminal: %v", err)
	}
	defer terminal.Close()
	if !screen.IsTerminal(terminal) {
		t.Skip("the master of a pseudo-terminal is no terminal here")
	}
	for name, test := range map[string]struct {
		stdout io.Writer
		env    map[string]string
		want   bool
	}{
		"a desktop":           {terminal, map[string]string{"DISPLAY": ":0"}, true},
		"another kind of it":  {terminal, map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, true},
		"over SSH":            {terminal, map[string]string{"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a 1 b 2"}, false},
		"a script":            {&bytes.Buffer{}, map[string]string{"DISPLAY": ":0"}, false},
		"a text console only": {terminal, nil, runtime.GOOS == "darwin"},
	} {
		env := &environment{stdout: test.stdout, getenv: func(name string) string { return test.env[name] }}
		if got := hasDesktop(env); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
