package api

import (
	"cmp"
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/source"
)

// Limits is how much is taken on. A zero field has its default.
type Limits struct {
	Visitor Rate // of requests, each conversation's token
	Address Rate // of requests without a key, each address (IPv6: /64)
	Key     Rate // of requests, each key
	Person  Rate // of requests, each user who is logged in
	LogIn   Rate // of log-ins, each address

	PerAddress int // open conversations that visitors of one address have; 0 is 50
	PerVisitor int // that a visitor has whom a system names; 0 is 5
	Streams    int // at once; 0 is 5,000
}

// Rate bounds requests per second, and how many may come at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

func (l Limits) orDefaults() Limits {
	l.Visitor = cmp.Or(l.Visitor, Rate{5, 30})
	l.Address = cmp.Or(l.Address, Rate{20, 200})
	l.Key = cmp.Or(l.Key, Rate{500, 1000})
	l.Person = cmp.Or(l.Person, Rate{20, 200})
	l.LogIn = cmp.Or(l.LogIn, Rate{2, 60})
	l.PerAddress, l.PerVisitor = cmp.Or(l.PerAddress, 50), cmp.Or(l.PerVisitor, 5)
	l.Streams = cmp.Or(l.Streams, 5000)
	return l
}

// maxBuckets is how many callers are remembered.
const maxBuckets = 65536

// streamsEach is how many streams a conversation has at once.
const streamsEach = 8

func tooMany(wait time.Duration) error {
	return waitError{hotline.Errorf("count requests", hotline.CodeOverload, "请求太频繁，请稍后再试 too many requests"), wait}
}

// doors count requests by who sends them.
type doors struct {
	limits Limits

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newDoors(l Limits) *doors { return &doors{limits: l, buckets: map[string]*rate.Limiter{}} }

// enter takes one request and returns how long to wait, 0 when it may go on.
func (d *doors) enter(who identity) time.Duration {
	switch {
	case who.key != nil:
		return d.take("key:"+who.key.ID, d.limits.Key)
	case who.person != nil:
		return d.take("person:"+who.person.ID, d.limits.Person)
	case who.conversation != "":
		return d.take("conversation:"+string(who.conversation), d.limits.Visitor)
	}
	return d.take("address:"+bucketOf(who.address), d.limits.Address)
}

func (d *doors) take(name string, r Rate) time.Duration {
	d.mu.Lock()
	b, found := d.buckets[name]
	if !found {
		d.makeRoom()
		b = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		d.buckets[name] = b
	}
	d.mu.Unlock()
	if b.Allow() {
		return 0
	}
	return time.Duration(math.Ceil(1/r.PerSecond)) * time.Second
}

// makeRoom forgets callers whose bucket is full again: they lose nothing. When all are busy some are
// forgotten all the same. d.mu is held.
func (d *doors) makeRoom() {
	if len(d.buckets) < maxBuckets {
		return
	}
	for name, b := range d.buckets {
		if b.Tokens() >= float64(b.Burst()) {
			delete(d.buckets, name)
		}
	}
	for name := range d.buckets {
		if len(d.buckets) < maxBuckets*3/4 {
			return
		}
		delete(d.buckets, name)
	}
}

// bucketOf names an address; one IPv6 customer has a /64.
func bucketOf(a netip.Addr) string {
	key := source.Key(a)
	if key.Is6() {
		return netip.PrefixFrom(key, 64).String()
	}
	return key.String()
}

// gauge bounds how many of something there are at once, together and of each name.
type gauge struct {
	all, each int

	mu    sync.Mutex
	count map[string]int
	total int
}

func newGauge(all, each int) *gauge { return &gauge{all: all, each: each, count: map[string]int{}} }

// begin counts one more; leave has to follow when it says so.
func (g *gauge) begin(name string) (leave func(), err error) {
	const op = "open stream"
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.total >= g.all:
		return nil, waitError{hotline.Errorf(op, hotline.CodeUnavailable, "all %d streams are taken", g.all), 30 * time.Second}
	case g.count[name] >= g.each:
		return nil, waitError{hotline.Errorf(op, hotline.CodeOverload, "该会话已有 %d 个连接 the conversation has enough streams", g.each), 10 * time.Second}
	}
	g.total++
	g.count[name]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.total--
		if g.count[name]--; g.count[name] == 0 {
			delete(g.count, name)
		}
	}, nil
}
