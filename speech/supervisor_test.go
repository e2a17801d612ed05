package speech

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/testkit/reexec"
)

// roleVariable makes the test binary play a part instead of testing.
const roleVariable = "HOTLINE_SPEECH_TEST_ROLE"

// play is the main function of the processes that the tests start.
func play(role string) int {
	if role == "parent" {
		return playParent()
	}
	socket := os.Args[len(os.Args)-1]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if role == "deaf" {
		signal.Ignore(syscall.SIGTERM)
		ctx = context.Background()
	}
	if role == "stillborn" {
		fmt.Fprintln(os.Stderr, "语音模型未安装 the model is not there")
		return 1
	}
	s, err := NewServer(ServerConfig{Recognizer: hears(role)})
	if err != nil {
		panic(err)
	}
	var ballast []byte
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { s.pulse.begin(); s.pulse.last = time.Now().Add(-time.Hour) })
	mux.HandleFunc("/stop", func(http.ResponseWriter, *http.Request) { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) })
	mux.HandleFunc("/grow", func(http.ResponseWriter, *http.Request) {
		ballast = make([]byte, 200<<20)
		for i := range ballast {
			ballast[i] = byte(i)
		}
	})
	l, err := Listen(ctx, socket)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, "level=WARN", "GOMEMLIMIT="+os.Getenv("GOMEMLIMIT"))
	if err := Serve(ctx, mux, slog.New(slog.DiscardHandler), l); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, "ended in order")
	return 0
}

// playParent supervises a child, tells its PID and waits for its own death.
func playParent() int {
	if err := os.Setenv(roleVariable, "deaf"); err != nil {
		panic(err)
	}
	s, err := NewSupervisor(SupervisorConfig{Command: []string{os.Args[0]}, Socket: os.Args[len(os.Args)-1]})
	if err != nil {
		panic(err)
	}
	go func() { _ = s.Run(context.Background()) }()
	<-s.Ready()
	fmt.Println(s.State().PID)
	select {}
}

// journal collects log lines.
type journal struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.String()
}

// supervise runs a process that plays a role until the test or the returned function ends it.
func supervise(t *testing.T, role string, change func(*SupervisorConfig)) (s *Supervisor, j *journal, end func() error) {
	t.Helper()
	t.Setenv(roleVariable, role)
	j = &journal{}
	cfg := SupervisorConfig{
		Command: []string{os.Args[0]},
		Check:   50 * time.Millisecond,
		Answer:  2 * time.Second,
		Logger:  slog.New(slog.NewTextHandler(j, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	s, err := NewSupervisor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	end = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(j)
		}
	})
	return s, j, end
}

// patience is how long a step may take on a machine that is busy with other things.
const patience = 20 * time.Second

func awaitReady(t *testing.T, s *Supervisor) State {
	t.Helper()
	select {
	case <-s.Ready():
	case <-time.After(patience):
		t.Fatalf("not ready: %+v", s.State())
	}
	return s.State()
}

// command makes the process do something to itself.
func command(t *testing.T, s *Supervisor, path string) {
	t.Helper()
	c := newProbe(s.Socket())
	defer c.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // for those that stop before they answer
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://speech"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := c.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
	} else if info.Mode().Perm() != want {
		t.Errorf("%s has mode %v, want %v", filepath.Base(path), info.Mode().Perm(), want)
	}
}

func TestAProcessThatFailsIsStartedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		do     string
		reason string
		within time.Duration // of the failure, on an idle machine
	}{
		"crash":             {"/crash", "exit status 3", 2 * time.Second},
		"a hung engine":     {"/hang", "an engine hangs", 2 * time.Second},
		"a stopped process": {"/stop", "no answer to 3 checks", 4 * time.Second},
		"too much memory":   {"/grow", "over the limit of 150", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := supervise(t, "server", func(c *SupervisorConfig) {
				c.MemoryLimit = 150 << 20
				if tc.do == "/stop" {
					c.Answer = 500 * time.Millisecond
				}
			})
			before := awaitReady(t, s)
			ready := s.Ready()
			failed := time.Now()
			command(t, s, tc.do)
			for s.Ready() == ready {
				if time.Since(failed) > patience {
					t.Fatalf("goes on as if nothing had happened: %+v", s.State())
				}
				time.Sleep(time.Millisecond) // polls another process
			}
			after := awaitReady(t, s)
			took := time.Since(failed)
			t.Logf("ready again after %v", took)
			if took > tc.within && !testing.Short() {
				t.Errorf("ready again after %v, want %v", took, tc.within)
			}
			if after.PID == before.PID || after.Restarts != 1 || s.Restarts() != 1 || !strings.Contains(after.Failure, tc.reason) {
				t.Errorf("before %+v, after %+v, want one restart because of %q", before, after, tc.reason)
			}
			if !gone(before.PID) {
				t.Error("the old process is still there")
			}
		})
	}
}

func TestTheProcessYieldsAndEndsInOrder(t *testing.T) {
	s, j, end := supervise(t, "server", func(c *SupervisorConfig) { c.Nice, c.MemoryLimit = 7, 1<<30 })
	st := awaitReady(t, s)
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", st.PID))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("%d threads, %v", len(tasks), err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := unix.Getpriority(unix.PRIO_PROCESS, id); err != nil || raw != max(own-7, 1) {
			t.Errorf("thread %d yields by %d, %v", id, own-raw, err)
		}
	}
	ours, theirs := badness(t, os.Getpid()), badness(t, st.PID)
	if theirs != min(ours+outOfMemory, 1000) {
		t.Errorf("the kernel scores the process %d and us %d", theirs, ours)
	}
	if group, err := syscall.Getpgid(st.PID); err != nil || group != st.PID {
		t.Errorf("process group %d of process %d, %v", group, st.PID, err)
	}
	for s.State().RSS == 0 {
		time.Sleep(time.Millisecond) // polls another process
	}
	checkMode(t, filepath.Dir(s.Socket()), 0o700)
	if err := end(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"ended in order", "GOMEMLIMIT=536870912", "level=WARN"} {
		if !strings.Contains(j.String(), want) {
			t.Errorf("no %q in the log", want)
		}
	}
	if st := s.State(); st.Phase != PhaseStopped || st.PID != 0 || st.Restarts != 0 {
		t.Errorf("afterwards %+v", st)
	}
	if _, err := os.Stat(filepath.Dir(s.Socket())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder was left: %v", err)
	}
	if !gone(st.PID) {
		t.Error("the process is still there")
	}
}

func badness(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
	if err != nil {
		t.Fatal(err)
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return score
}

func TestAProcessThatDoesNotEndIsKilled(t *testing.T) {
	s, _, end := supervise(t, "deaf", func(c *SupervisorConfig) { c.Stop = 100 * time.Millisecond })
	st := awaitReady(t, s)
	if err := end(); err != nil {
		t.Error(err)
	}
	if !gone(st.PID) {
		t.Error("the process is still there")
	}
}

func TestAProcessThatNeverGetsReadyIsTriedAgainWithItsReasonKept(t *testing.T) {
	s, _, _ := supervise(t, "stillborn", func(c *SupervisorConfig) { c.Backoff = 10 * time.Millisecond })
	for began := time.Now(); s.Restarts() < 3; {
		if time.Since(began) > patience {
			t.Fatalf("%+v", s.State())
		}
		time.Sleep(time.Millisecond) // polls another process
	}
	if st := s.State(); !strings.Contains(st.Failure, "exit status 1: 语音模型未安装") {
		t.Errorf("%+v", st)
	}
}

func TestAProcessThatTakesTooLongToStartIsKilled(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	s, j, _ := supervise(t, "", func(c *SupervisorConfig) {
		c.Command, c.Socket, c.Start = []string{"sh", "-c", "sleep 60 & echo $!; wait"}, socket, 100*time.Millisecond
	})
	for began := time.Now(); s.Restarts() == 0; {
		if time.Since(began) > patience {
			t.Fatalf("%+v", s.State())
		}
		time.Sleep(time.Millisecond) // polls another process
	}
	if st := s.State(); !strings.Contains(st.Failure, "not ready after 100ms") {
		t.Errorf("%+v", st)
	}
	_, after, _ := strings.Cut(j.String(), "line=")
	grandchild, err := strconv.Atoi(strings.Fields(after + " none")[0])
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); running(grandchild); {
		if time.Since(began) > patience {
			t.Fatal("what the process started is still there")
		}
		time.Sleep(time.Millisecond) // polls another process
	}
}

func TestTheProcessDiesWithUs(t *testing.T) {
	parent, line, err := reexec.Start(t, roleVariable, "parent", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	parent.Kill()
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); running(pid); {
		if time.Since(began) > patience {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatalf("process %d outlives its parent", pid)
		}
		time.Sleep(time.Millisecond) // polls another process
	}
}

// running tells whether a process exists and is no zombie: who reaps an orphan is not ours to say.
func running(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(raw), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	s, err := NewSupervisor(SupervisorConfig{Command: []string{filepath.Join(t.TempDir(), "none")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, errCannotStart) {
		t.Errorf("error %v", err)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for want, cfg := range map[string]SupervisorConfig{
		"command":      {},
		"memory limit": {Command: []string{"x"}, MemoryLimit: 1},
		"nice":         {Command: []string{"x"}, Nice: -5},
		"check":        {Command: []string{"x"}, Check: time.Microsecond},
		"socket path":  {Command: []string{"x"}, Socket: "/" + strings.Repeat("s", 107)},
	} {
		if _, err := NewSupervisor(cfg); hotline.CodeOf(err) != hotline.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestTheFirstRestartComesAtOnceAndLaterOnesWait(t *testing.T) {
	want := map[int]time.Duration{1: 0, 2: 250 * time.Millisecond, 3: 500 * time.Millisecond, 7: 8 * time.Second, 8: 10 * time.Second, 1000: 10 * time.Second}
	for n, d := range want {
		if got := backoff(n, 250*time.Millisecond); got != d {
			t.Errorf("failure %d: %v, want %v", n, got, d)
		}
	}
}
