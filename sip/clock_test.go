package sip

import (
	"sync"
	"testing"
	"time"
)

// clock is a media.Clock that stands until it is moved.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	alarms []alarm
	set    chan struct{} // tells of each alarm
}

type alarm struct {
	at   time.Time
	ring chan time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), set: make(chan struct{}, 1000)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ring := make(chan time.Time, 1)
	c.alarms = append(c.alarms, alarm{c.now.Add(d), ring})
	c.set <- struct{}{}
	return ring
}

// advance waits until somebody waits, then moves the time by d.
func (c *clock) advance(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-c.set:
	case <-within(t).Done():
		t.Fatal("nobody waits for the time")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	var later []alarm
	for _, a := range c.alarms {
		if a.at.After(c.now) {
			later = append(later, a)
			continue
		}
		a.ring <- c.now
	}
	c.alarms = later
}
