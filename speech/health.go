package speech

import (
	"net/http"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// pulse watches that the engines get on: while any job is at work, some job must end or give a
// piece of sound now and then.
type pulse struct {
	clock media.Clock

	mu   sync.Mutex
	jobs int
	last time.Time // the last sign of progress
}

// begin counts a job that an engine works on until end.
func (p *pulse) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs == 0 {
		p.last = p.clock.Now()
	}
	p.jobs++
}

func (p *pulse) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs--
	p.last = p.clock.Now()
}

// still returns since when jobs have been at work without progress.
func (p *pulse) still() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs == 0 {
		return 0
	}
	return p.clock.Now().Sub(p.last)
}

// health answers 200 when the engines get on and 503 when one hangs.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	still := s.pulse.still()
	if s.cfg.Cores != nil {
		still = max(still, s.cfg.Cores.Longest())
	}
	s.mu.Lock()
	recognising, speaking := s.recognising, s.speaking
	s.mu.Unlock()
	status, text := http.StatusOK, "ok"
	if still > s.cfg.HangAfter {
		status, text = http.StatusServiceUnavailable, "hung"
	}
	writeJSON(w, status, map[string]any{
		"status":         text,
		"recognitions":   recognising,
		"syntheses":      speaking,
		"no_progress_ms": still.Milliseconds(),
	})
}
