package speech

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// SupervisorConfig says what is run and how closely it is watched. Zero durations mean the
// defaults in brackets.
type SupervisorConfig struct {
	// Command is the program with its arguments; "--socket PATH" is appended.
	Command []string
	// Socket is where the process listens. "" means one in a folder of its own, see
	// Supervisor.Socket. The folder is made for the owner alone when it is missing.
	Socket string
	// MemoryLimit is the resident memory, in bytes, over which the process is started anew; 0 means
	// no limit, else at least 16 MiB. The Go part is told to keep to half of it (GOMEMLIMIT).
	MemoryLimit int64
	// Nice is how much the process yields to media on the processor, 0…19.
	Nice int
	// Start is how long loading the models may take [1 m]. Check is the time between two looks at
	// the process [1 s] and Answer how long it may take to answer one [2 s]; after three without an
	// answer it counts as hung. Stop is how long it may take to end when told to [5 s].
	Start, Check, Answer, Stop time.Duration
	// Backoff is the wait before the second restart in a row [250 ms]; the first comes at once,
	// later ones wait twice as long each, up to 10 s. A minute of service starts the count anew.
	Backoff time.Duration
	Logger  *slog.Logger
}

const (
	maxBackoff   = 10 * time.Second
	steady       = time.Minute // of service, after which a failure counts as the first one
	missedChecks = 3
	maxSocket    = 107 // bytes of a path in sockaddr_un
)

// Phase is what the process is doing.
type Phase string

// The phases.
const (
	PhaseStopped  Phase = "stopped"  // Run has not begun or has ended
	PhaseStarting Phase = "starting" // loads its models
	PhaseReady    Phase = "ready"    // answers
	PhaseWaiting  Phase = "waiting"  // failed and is started again after a pause
)

// State is a look at the process, for metrics and the console.
type State struct {
	Phase    Phase
	Since    time.Time
	PID      int    // 0 when none runs
	RSS      int64  // resident memory in bytes at the last look
	Restarts uint64 // since Run began
	Failure  string // why it was last started again, "" when it never was
}

// Supervisor keeps one speech process alive. Safe for concurrent use; Run may be called once.
type Supervisor struct {
	cfg SupervisorConfig
	log *slog.Logger
	own string // folder that Run makes and removes, "" when the socket was given

	mu    sync.Mutex
	state State
	ready chan struct{} // closed while the process answers
}

// NewSupervisor checks the configuration and starts nothing.
func NewSupervisor(cfg SupervisorConfig) (*Supervisor, error) {
	const op = "make speech supervisor"
	for _, d := range []struct {
		name  string
		value *time.Duration
		usual time.Duration
	}{
		{"start", &cfg.Start, time.Minute},
		{"check", &cfg.Check, time.Second},
		{"answer", &cfg.Answer, 2 * time.Second},
		{"stop", &cfg.Stop, 5 * time.Second},
		{"backoff", &cfg.Backoff, 250 * time.Millisecond},
	} {
		if *d.value == 0 {
			*d.value = d.usual
		}
		if *d.value < 10*time.Millisecond || *d.value > time.Hour {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s %v outside 10ms…1h", d.name, *d.value)
		}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case len(cfg.Command) == 0 || cfg.Command[0] == "":
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "the command is empty")
	case cfg.MemoryLimit != 0 && cfg.MemoryLimit < 16<<20:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "memory limit of %d bytes, at least 16 MiB", cfg.MemoryLimit)
	case cfg.Nice < 0 || cfg.Nice > 19:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "nice %d outside 0…19", cfg.Nice)
	}
	s := &Supervisor{cfg: cfg, log: cfg.Logger, ready: make(chan struct{}), state: State{Phase: PhaseStopped}}
	if cfg.Socket == "" {
		s.own = filepath.Join(os.TempDir(), "hotline-speech-"+rand.Text())
		s.cfg.Socket = filepath.Join(s.own, "speech.sock")
	}
	if n := len(s.cfg.Socket); n > maxSocket {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "socket path of %d bytes, at most %d", n, maxSocket)
	}
	return s, nil
}

// Socket returns the path on which the process listens while it is ready.
func (s *Supervisor) Socket() string { return s.cfg.Socket }

// Ready returns a channel that is closed once the process answers. After a failure it is another
// one: ask again.
func (s *Supervisor) Ready() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

// Restarts returns how often the process was started again.
func (s *Supervisor) Restarts() uint64 { return s.State().Restarts }

// State returns what the process is doing.
func (s *Supervisor) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Run starts the process and keeps it running until ctx ends; then it ends the process and returns
// nil. A program that cannot even be started is an error.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.change(func(st *State) { st.Phase, st.PID, st.RSS = PhaseStopped, 0, 0 })
	defer s.tidy()
	makeFolder := os.MkdirAll
	if s.own != "" {
		makeFolder = os.Mkdir // ours alone
	}
	if err := makeFolder(filepath.Dir(s.cfg.Socket), 0o700); err != nil {
		return fmt.Errorf("make the folder of the speech socket: %w", err)
	}
	for failures := 0; ; {
		served, err := s.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errCannotStart) && s.Restarts() == 0 {
			return err
		}
		if served >= steady {
			failures = 0
		}
		failures++
		pause := backoff(failures, s.cfg.Backoff)
		s.log.Warn("speech process failed", "error", err, "restart_in", pause)
		s.change(func(st *State) {
			st.Phase, st.PID, st.RSS, st.Failure = PhaseWaiting, 0, 0, err.Error()
			st.Restarts++
		})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// backoff returns the wait before the restart that follows the nth failure in a row.
func backoff(n int, first time.Duration) time.Duration {
	if n == 1 {
		return 0
	}
	return min(first<<min(n-2, 16), maxBackoff)
}

// change updates the state and keeps the ready channel in step with it.
func (s *Supervisor) change(update func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.state.Phase
	update(&s.state)
	if s.state.Phase == before {
		return
	}
	s.state.Since = time.Now()
	switch PhaseReady {
	case s.state.Phase:
		close(s.ready)
	case before:
		s.ready = make(chan struct{})
	}
}

// tidy removes what the process would leave behind.
func (s *Supervisor) tidy() {
	_ = removeSocket(s.cfg.Socket) // the next start does it too
	if s.own != "" {
		_ = os.RemoveAll(s.own)
	}
}
