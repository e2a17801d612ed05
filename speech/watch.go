package speech

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// eager is the time between two looks at a process that loads its models.
const eager = 50 * time.Millisecond

var (
	errCannotStart = errors.New("the speech process cannot be started")
	errHung        = errors.New("an engine hangs")
)

// once starts the process and returns when it has ended: why, and how long it was ready.
func (s *Supervisor) once(ctx context.Context) (served time.Duration, err error) {
	_ = removeSocket(s.cfg.Socket) // what is no socket, the process itself complains about
	c, err := startChild(s.cfg)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errCannotStart, err)
	}
	s.log.Info("speech process started", "pid", c.pid())
	s.change(func(st *State) { st.Phase, st.PID = PhaseStarting, c.pid() })
	err = s.watch(ctx, c)
	if st := s.State(); st.Phase == PhaseReady {
		served = time.Since(st.Since)
	}
	if ctx.Err() != nil {
		c.stop(s.cfg.Stop)
	} else {
		c.kill()
	}
	return served, err
}

// watch looks at the process until ctx ends, the process ends, or it has to.
func (s *Supervisor) watch(ctx context.Context, c *child) error {
	probe := newProbe(s.cfg.Socket)
	defer probe.CloseIdleConnections()
	began, ready, missed := time.Now(), false, 0
	for {
		pause := s.cfg.Check
		if !ready {
			pause = min(pause, eager)
		}
		select {
		case <-c.exited:
			return c.failure()
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if err := s.weigh(c); err != nil {
			return err
		}
		err := ask(ctx, probe, s.cfg.Answer)
		switch {
		case err == nil:
			missed = 0
			if !ready {
				ready = true
				s.log.Info("speech process ready", "pid", c.pid(), "took", time.Since(began))
				s.change(func(st *State) { st.Phase = PhaseReady })
			}
		case errors.Is(err, errHung):
			return err
		case ready:
			if missed++; missed == missedChecks {
				return fmt.Errorf("no answer to %d checks: %w", missed, err)
			}
		case time.Since(began) > s.cfg.Start:
			return fmt.Errorf("not ready after %v: %w", s.cfg.Start, err)
		}
	}
}

// weigh compares the memory of the process with its limit.
func (s *Supervisor) weigh(c *child) error {
	rss, err := residentMemory(c.pid())
	if err != nil {
		return nil // it has just ended; the next look tells
	}
	s.change(func(st *State) { st.RSS = rss })
	if s.cfg.MemoryLimit > 0 && rss > s.cfg.MemoryLimit {
		return fmt.Errorf("%d MiB of memory, over the limit of %d", rss>>20, s.cfg.MemoryLimit>>20)
	}
	return nil
}

func newProbe(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

// ask returns nil when the process says that all is well, and errHung when it says that it is not.
func ask(ctx context.Context, probe *http.Client, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://speech/healthz", nil)
	if err != nil {
		return err
	}
	response, err := probe.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusServiceUnavailable:
		return errHung
	}
	return fmt.Errorf("health check answered %s", response.Status)
}
