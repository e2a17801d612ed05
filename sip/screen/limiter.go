package screen

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/internal/source"
)

// Rate is a token bucket: packets per second in the long run, and how many may come at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// LimiterConfig sets what a source may send. A packet is a datagram, or what one read from a stream
// returned. Zero values mean the stated default.
type LimiterConfig struct {
	Rate     Rate           // of any source, default 20/s, burst 100: an office behind one address that restarts
	Trusted  []netip.Prefix // trunks; never banned, but limited
	Trunk    Rate           // of a trusted source, default 1000/s, burst 2000
	Scanners []string       // parts of User-Agent values, any case; default the known attack tools
	// BanAfter is how many packets of a source must be over its rate within a minute before it is
	// banned, default 500. Scanners count 100 times; over a stream, where the address is proven, one
	// packet of a scanner suffices.
	BanAfter   int
	BanFor     time.Duration    // default 5 min
	MaxSources int              // sources remembered, and as many bans; default 65536, about 150 bytes each
	Now        func() time.Time // default time.Now
}

func (cfg *LimiterConfig) fill() error {
	if cfg.Rate == (Rate{}) {
		cfg.Rate = Rate{20, 100}
	}
	if cfg.Trunk == (Rate{}) {
		cfg.Trunk = Rate{1000, 2000}
	}
	if cfg.Scanners == nil {
		cfg.Scanners = []string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sundayddr", "pplsip", "iwar", "mr.sip"}
	}
	if cfg.BanAfter == 0 {
		cfg.BanAfter = 500
	}
	if cfg.BanFor == 0 {
		cfg.BanFor = 5 * time.Minute
	}
	if cfg.MaxSources == 0 {
		cfg.MaxSources = 65536
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	for _, r := range []Rate{cfg.Rate, cfg.Trunk} {
		if !(r.PerSecond > 0) || r.Burst < 1 {
			return fmt.Errorf("rate of %v/s with burst %d: both must be positive", r.PerSecond, r.Burst)
		}
	}
	if cfg.BanAfter < 2 || cfg.BanFor < 0 || cfg.MaxSources < 2 {
		return errors.New("BanAfter and MaxSources must be 2 or more, BanFor not negative")
	}
	return nil
}

// scannerWeight makes five datagrams of a scanner a reason to ban at the default BanAfter. One alone
// never is: anybody can write any source address on a datagram.
const scannerWeight = 100

// Limiter drops packets of sources that send too much, before anything is parsed or remembered of
// them. Safe for concurrent use; allocates for sources it has not seen only.
type Limiter struct {
	cfg      LimiterConfig
	scanners [][]byte

	mu      sync.Mutex
	sources *source.Table[netip.Addr, bucket]
	bans    *source.Table[netip.Addr, time.Time] // until when
	stats   LimiterStats
}

type bucket struct {
	tokens  float64
	at      time.Time // when tokens was right
	strikes int
	since   time.Time // of the first strike
}

// LimiterStats counts packets by what became of them.
type LimiterStats struct {
	Passed    uint64
	Limited   uint64 // over the rate
	Oversized uint64 // datagram over MaxDatagram
	Scanners  uint64
	Banned    uint64 // from a banned source
	Bans      uint64 // bans pronounced
	Sources   int    // sources remembered at the moment
}

// NewLimiter returns a limiter.
func NewLimiter(cfg LimiterConfig) (*Limiter, error) {
	if err := cfg.fill(); err != nil {
		return nil, fmt.Errorf("limiter: %w", err)
	}
	l := &Limiter{
		cfg:     cfg,
		sources: source.NewTable[netip.Addr, bucket](cfg.MaxSources),
		bans:    source.NewTable[netip.Addr, time.Time](cfg.MaxSources),
	}
	for _, s := range cfg.Scanners {
		l.scanners = append(l.scanners, []byte(strings.ToLower(s)))
	}
	return l, nil
}

// ErrDropped ends the stream of a source that sends too much.
var ErrDropped = errors.New("source sends too much")

// Filter is for sipgo's WithTransportLayerReadFilter. A datagram is dropped by returning nothing,
// because an error would end the whole UDP listener. A stream is ended by an error: bytes taken out
// of its middle would leave no message to go on from.
func (l *Limiter) Filter(info sip.TransportReadProps, data []byte) ([]byte, error) {
	datagram := strings.EqualFold(info.Transport, "UDP")
	if l.Allow(source.Of(info.RemoteAddr), datagram, data) {
		return data, nil
	}
	if datagram {
		return nil, nil
	}
	return nil, ErrDropped
}

// Allow reports whether what came from a source may be parsed, for sockets that are read without
// Filter. datagram says that the address is not proven by a handshake.
func (l *Limiter) Allow(from netip.Addr, datagram bool, data []byte) bool {
	scanner := l.isScanner(data)
	rate, trusted := l.cfg.Rate, l.trusts(from)
	if trusted {
		rate = l.cfg.Trunk
	}
	key, now := source.Key(from), l.cfg.Now()

	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.bans.Get(key); until != nil {
		if !now.Before(*until) {
			l.bans.Remove(key)
		} else if !trusted {
			l.stats.Banned++
			return false
		}
	}
	b := l.sources.Obtain(key)
	weight := 0
	switch {
	case scanner && datagram:
		weight = min(scannerWeight, l.cfg.BanAfter-1)
		l.stats.Scanners++
	case scanner:
		weight = l.cfg.BanAfter
		l.stats.Scanners++
	case !b.take(now, rate):
		weight = 1
		l.stats.Limited++
	case datagram && len(data) > MaxDatagram:
		l.stats.Oversized++
		return false
	default:
		l.stats.Passed++
		return true
	}
	if !trusted && b.strike(now, weight) >= l.cfg.BanAfter {
		*l.bans.Obtain(key) = now.Add(l.cfg.BanFor)
		l.stats.Bans++
		l.sources.Remove(key)
	}
	return false
}

// take reports whether a packet is within the rate. A bucket starts full.
func (b *bucket) take(now time.Time, r Rate) bool {
	full := float64(r.Burst)
	if b.at.IsZero() {
		b.tokens = full
	} else if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(full, b.tokens+passed.Seconds()*r.PerSecond)
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// strike adds to what a source has done wrong within a minute.
func (b *bucket) strike(now time.Time, weight int) int {
	if now.Sub(b.since) >= time.Minute {
		b.strikes, b.since = 0, now
	}
	b.strikes += weight
	return b.strikes
}

func (l *Limiter) trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range l.cfg.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Banned reports whether a source is banned at the moment.
func (l *Limiter) Banned(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := l.bans.Get(source.Key(a))
	return until != nil && l.cfg.Now().Before(*until) && !l.trusts(a)
}

// Unban ends the ban of a source.
func (l *Limiter) Unban(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bans.Remove(source.Key(a))
}

// Stats returns the counters.
func (l *Limiter) Stats() LimiterStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := l.stats
	stats.Sources = l.sources.Len()
	return stats
}

// isScanner reports whether the User-Agent of a message names an attack tool.
func (l *Limiter) isScanner(data []byte) bool {
	const name = "user-agent"
	data = bytes.TrimLeft(data, "\r\n") // may precede a message on a stream (RFC 3261 §7.5)
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(line) <= 1 {
			return false // end of the headers
		}
		if len(line) <= len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
			continue
		}
		var lower [128]byte
		value := lower[:copy(lower[:], line[len(name):])]
		for i, c := range value {
			if c >= 'A' && c <= 'Z' {
				value[i] = c | 0x20
			}
		}
		for _, s := range l.scanners {
			if bytes.Contains(value, s) {
				return true
			}
		}
		return false
	}
	return false
}
