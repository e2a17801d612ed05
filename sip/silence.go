package sip

import (
	"context"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Within Config.Silence it is looked so many times whether a peer is heard.
const looks = 5

// heed asks a peer from whom nothing has come for Config.Silence whether it is still there, and ends the call when it
// is not: a telephone that lost its power says no BYE, and the session timer (RFC 4028) would take half an hour. One
// that is silent on purpose, on hold or muted, answers.
func (l *Leg) heed() {
	var heard uint64
	quiet := 0
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-l.e.clock.After(l.e.cfg.Silence / looks):
		}
		l.mu.Lock()
		confirmed := l.confirmed
		l.mu.Unlock()
		received := l.Stats().Received.Packets
		if quiet++; received != heard || !confirmed {
			heard, quiet = received, 0
		}
		if quiet < looks {
			continue
		}
		quiet = 0
		if why := l.missing(); why != "" && l.ctx.Err() == nil {
			l.e.tasks.run(func() { // should it come back, it is to know; we do not wait for that
				ctx, cancel := context.WithTimeout(l.e.running, byeTimeout())
				defer cancel()
				_, _ = l.ask(ctx, gosip.BYE, nil)
			})
			l.finish(Ending{By: "network", Reason: why})
			return
		}
	}
}

// missing asks a silent peer whether it is still there, and tells why not.
func (l *Leg) missing() string {
	ctx, cancel := context.WithTimeout(l.ctx, aliveWithin())
	defer cancel()
	res, err := l.ask(ctx, gosip.OPTIONS, nil)
	switch {
	case err != nil:
		return "silent: " + err.Error()
	case res.StatusCode == gosip.StatusCallTransactionDoesNotExists, res.StatusCode == gosip.StatusRequestTimeout:
		return "silent: " + reasonOf(res.StatusCode)
	}
	return ""
}

// aliveWithin is how long a peer may take to answer: over UDP it is asked four times.
func aliveWithin() time.Duration { return 8 * gosip.T1 }
