package screen

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/internal/source"
)

const (
	quietValue   = 200  // bytes of an attribute or message that are written
	quietSources = 4096 // messages and sources remembered
	quietBurst   = 50   // lines at once from all sources together, one more every quietRefill
	quietRefill  = 100 * time.Millisecond
)

// Quiet returns a handler for loggers that tell of foreign packets, sipgo's own included. Of each
// message it passes one line per source and interval, and at most ten lines a second altogether; the
// next line says in "suppressed" how many were left out. No value is longer than 200 bytes.
//
// The source of a line is its attribute "source", "raddr" or "src": an address, with or without port.
func Quiet(next slog.Handler, every time.Duration) slog.Handler {
	return &quiet{next: next, shared: &quietShared{
		every: every,
		seen:  source.NewTable[quietKey, quietCount](quietSources),
	}}
}

type quiet struct {
	next   slog.Handler
	shared *quietShared
	source netip.Addr // bound by With
}

type quietShared struct {
	every time.Duration

	mu         sync.Mutex
	seen       *source.Table[quietKey, quietCount]
	all        bucket
	suppressed int // lines left out of those over the rate of all sources
}

type quietKey struct {
	message string
	source  netip.Addr
}

type quietCount struct {
	last       time.Time
	suppressed int
}

func (q *quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.next.Enabled(ctx, level)
}

func (q *quiet) Handle(ctx context.Context, r slog.Record) error {
	from := q.source
	short := slog.NewRecord(r.Time, r.Level, shorten(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		from = sourceOf(a, from)
		short.AddAttrs(shortenAttr(a))
		return true
	})
	suppressed, pass := q.shared.pass(quietKey{short.Message, source.Key(from)}, r.Time)
	if !pass {
		return nil
	}
	if suppressed > 0 {
		short.AddAttrs(slog.Int("suppressed", suppressed))
	}
	return q.next.Handle(ctx, short)
}

func (s *quietShared) pass(key quietKey, now time.Time) (suppressed int, pass bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.seen.Obtain(key)
	if !count.last.IsZero() && now.Sub(count.last) < s.every {
		count.suppressed++
		return 0, false
	}
	if !s.all.take(now, Rate{PerSecond: float64(time.Second / quietRefill), Burst: quietBurst}) {
		s.suppressed++
		return 0, false
	}
	suppressed = count.suppressed + s.suppressed
	s.suppressed = 0
	*count = quietCount{last: now}
	return suppressed, true
}

func (q *quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	bound := *q
	short := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		bound.source = sourceOf(a, bound.source)
		short = append(short, shortenAttr(a))
	}
	bound.next = q.next.WithAttrs(short)
	return &bound
}

func (q *quiet) WithGroup(name string) slog.Handler {
	grouped := *q
	grouped.next = q.next.WithGroup(name)
	return &grouped
}

func sourceOf(a slog.Attr, known netip.Addr) netip.Addr {
	if a.Key != "source" && a.Key != "raddr" && a.Key != "src" {
		return known
	}
	text := a.Value.Resolve().String()
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr()
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr
	}
	return known
}

func shortenAttr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, shorten(v.String()))
	case slog.KindAny:
		return slog.String(a.Key, shorten(fmt.Sprint(v.Any())))
	case slog.KindGroup:
		group := v.Group()
		short := make([]slog.Attr, 0, len(group))
		for _, member := range group {
			short = append(short, shortenAttr(member))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(short...)}
	default:
		return slog.Attr{Key: a.Key, Value: v}
	}
}

func shorten(s string) string {
	if len(s) <= quietValue {
		return s
	}
	const mark = "…"
	end := quietValue - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
