package rtp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Poller receives for the sockets of all sessions with a few threads. Being woken costs more than a
// packet does, so a thread that has kept up rests for a moment in which more packets come.
type Poller struct {
	loops []*pollLoop
	next  atomic.Uint32
}

// round is the least time between two rounds of a thread. It bounds the delay of a packet, to a twentieth of
// what is in one, and how often a second the thread is woken.
const round = time.Millisecond

// NewPoller returns a Poller of 1…64 threads; 0 is one for every eight processors or part of them. One
// serves some 50,000 packets a second.
func NewPoller(threads int) (*Poller, error) {
	if threads == 0 {
		threads = min((runtime.GOMAXPROCS(0)+7)/8, 64)
	}
	if threads < 1 || threads > 64 {
		return nil, fmt.Errorf("poller: %d threads are not within 0…64", threads)
	}
	p := &Poller{}
	for range threads {
		l, err := newPollLoop()
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.loops = append(p.loops, l)
	}
	return p, nil
}

// Run receives until ctx ends, which it returns nil for.
func (p *Poller) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, p.wake)()
	running, ctx := errgroup.WithContext(ctx)
	for _, l := range p.loops {
		running.Go(func() error { return l.run(ctx) })
	}
	return running.Wait()
}

func (p *Poller) wake() {
	for _, l := range p.loops {
		_, _ = unix.Write(l.waker, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Close lets go of what it holds, nothing when p is nil. Run must have returned and the sockets be
// closed.
func (p *Poller) Close() error {
	if p == nil {
		return nil
	}
	var errs []error
	for _, l := range p.loops {
		errs = append(errs, unix.Close(l.epoll), unix.Close(l.waker))
	}
	return errors.Join(errs...)
}

// pollLoop is one thread with its share of the sockets.
type pollLoop struct {
	epoll, waker int

	mu      sync.Mutex
	sockets []*polledSocket // by the number that epoll knows them by
	free    []int32

	events [256]unix.EpollEvent
	ready  [256]*polledSocket
	buffer [maxPacket]byte
}

// wakerNumber stands for the waker among the sockets.
const wakerNumber = -1

func newPollLoop() (*pollLoop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("poller: %w", err)
	}
	waker, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, waker, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakerNumber})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("poller: %w", err), unix.Close(epoll))
	}
	return &pollLoop{epoll: epoll, waker: waker}, nil
}

func (l *pollLoop) run(ctx context.Context) error {
	for {
		n, err := unix.EpollWait(l.epoll, l.events[:], -1)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for media: %w", err)
		}
		begun := time.Now()
		for _, s := range l.find(max(n, 0)) {
			if s != nil {
				s.receive(l.buffer[:])
			}
		}
		if left := round - time.Since(begun); left > 0 {
			rest := unix.NsecToTimespec(int64(left))
			_ = unix.Nanosleep(&rest, nil)
		}
	}
}

// find returns the sockets of the first n events; nil for one that has left.
func (l *pollLoop) find(n int) []*polledSocket {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events[:n] {
		l.ready[i] = nil
		if e.Fd != wakerNumber {
			l.ready[i] = l.sockets[e.Fd]
		}
	}
	return l.ready[:n]
}

// add makes s one of the loop's.
func (l *pollLoop) add(s *polledSocket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.free) == 0 {
		l.free = append(l.free, int32(len(l.sockets)))
		l.sockets = append(l.sockets, nil)
	}
	number := l.free[len(l.free)-1]
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: number}); err != nil {
		return err
	}
	l.free = l.free[:len(l.free)-1]
	l.sockets[number], s.number = s, number
	return nil
}

func (l *pollLoop) remove(s *polledSocket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_DEL, s.fd, nil)
	l.sockets[s.number] = nil
	l.free = append(l.free, s.number)
}
