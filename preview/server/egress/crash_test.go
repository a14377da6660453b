package egress_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview/server/egress"
)

// childEnv makes the test binary a writer that a test may kill or starve.
const childEnv = "EGRESS_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "writer":
		writer(os.Args[1])
	case "full":
		full(os.Args[1])
	}
}

func child(mode, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	cmd.Stderr = os.Stderr
	return cmd
}

// writer appends for ever and says which records were acknowledged.
func writer(dir string) {
	log, err := egress.Open(egress.Options{Dir: dir, SegmentBytes: 4096})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for range 4 {
		go func() {
			for {
				head, err := log.Append(egress.Entry{Caller: strings.Repeat("x", 300), Outcome: "OK"})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(head.Sequence, head.Hash)
			}
		}()
	}
	select {}
}

// TestKilledWriter kills a writer again and again: the chain holds, and no
// record that was acknowledged is missing.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		cmd := child("writer", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged, hash := 0, ""
		scanner := bufio.NewScanner(out)
		for left := 20 + rand.IntN(60); scanner.Scan(); left-- {
			number, h, _ := strings.Cut(scanner.Text(), " ")
			if n, err := strconv.Atoi(number); err == nil && n > acknowledged && len(h) == 64 {
				acknowledged, hash = n, h
			}
			if left == 0 {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		report, err := egress.Verify(context.Background(), dir, hash)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if report.Head.Sequence < uint64(acknowledged) || !report.Witnessed {
			t.Fatalf("round %d: record %d was acknowledged, the log ends with %d", round, acknowledged, report.Head.Sequence)
		}
	}
}

// TestTornLine cuts the last line at every byte, as a crash of the machine can.
func TestTornLine(t *testing.T) {
	source := t.TempDir()
	log := open(t, egress.Options{Dir: source})
	appendN(t, log, 2)
	log.Close()
	content := read(t, files(t, source)[0])
	lastStart := strings.LastIndexByte(strings.TrimSuffix(content, "\n"), '\n') + 1
	for _, begin := range []int{0, lastStart} { // a torn first line of all, too
		end := begin + strings.IndexByte(content[begin:], '\n') + 1
		for size := begin; size < end; size++ {
			dir := t.TempDir()
			write(t, filepath.Join(dir, filepath.Base(files(t, source)[0])), content[:size])
			before, err := egress.Verify(context.Background(), dir, "")
			if err != nil || before.Unfinished != (size > begin && size < end-1) {
				t.Fatalf("cut at %d: before the log is opened: %+v %v", size, before, err)
			}
			log := open(t, egress.Options{Dir: dir})
			appendN(t, log, 1)
			log.Close()
			report := verify(t, dir, "")
			wantRecovered := 1
			if size == begin || size == end-1 { // nothing of the line, or all but its newline
				wantRecovered = 0
			}
			if report.Recovered != wantRecovered || !strings.HasPrefix(read(t, files(t, dir)[0]), content[:size]) {
				t.Fatalf("cut at %d: %+v", size, report)
			}
		}
	}
}

// TestCrashAtTheBirthOfASegment leaves a segment empty or with half a line.
func TestCrashAtTheBirthOfASegment(t *testing.T) {
	for _, left := range []string{"", `{"seq":`, "\n"} {
		dir := t.TempDir()
		log := open(t, egress.Options{Dir: dir})
		appendN(t, log, 3)
		head := log.Head()
		log.Close()
		write(t, filepath.Join(dir, fmt.Sprintf("egress-%020d.jsonl", head.Sequence+1)), left)
		log = open(t, egress.Options{Dir: dir})
		appendN(t, log, 1)
		if report := verify(t, dir, head.Hash); !report.Witnessed || report.Previews != 4 || report.Segments != 2 {
			t.Errorf("%q: %+v", left, report)
		}
	}
}

// full writes until the disk takes no more, which a limit on the size of files
// stands for, then gives it room again.
func full(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	log, err := egress.Open(egress.Options{Dir: dir})
	check(err)
	var limit unix.Rlimit
	check(unix.Getrlimit(unix.RLIMIT_FSIZE, &limit))
	check(unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 3000, Max: limit.Max}))
	failed := 0
	for range 40 {
		if _, err := log.Append(egress.Entry{Caller: "agent", Outcome: "OK"}); err != nil {
			failed++
		}
	}
	check(unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
	for range 3 {
		_, err := log.Append(egress.Entry{Caller: "after", Outcome: "OK"})
		check(err)
	}
	check(log.Close())
	fmt.Println("failed", failed)
}

// TestFullDisk: a line that cannot be written fails its request; when there is
// room again the log goes on, and the chain shows the gap.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	out, err := child("full", dir).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var failed int
	if _, err := fmt.Sscanf(string(out), "failed %d", &failed); err != nil || failed == 0 || failed == 40 {
		t.Fatalf("got %q", out)
	}
	report := verify(t, dir, "")
	if report.Previews != 40-failed+3 || report.Recovered != 1 {
		t.Errorf("%d failed: %+v", failed, report)
	}
}
