package phone

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// Player is a media.Source that says one clip after the other and is silent between them. It is
// safe for concurrent use.
type Player struct {
	format media.Format
	clock  media.Clock

	mu      sync.Mutex
	queue   []*Piece
	monitor media.Sink
}

// Piece is a clip on its way out.
type Piece struct {
	player     *Player
	pcm        []int16
	pos        int
	first, end int // voiced part
	done       chan struct{}

	firstSent, lastSent time.Time
	whole               bool
}

// NewPlayer returns a Player of a mono format. clock may be nil for the machine's.
func NewPlayer(format media.Format, clock media.Clock) (*Player, error) {
	if format.Channels != 1 || format.Rate < 8000 || format.Rate > 48000 {
		return nil, fmt.Errorf("player: format %v, want one channel of 8000…48000 Hz", format)
	}
	if clock == nil {
		clock = media.SystemClock{}
	}
	return &Player{format: format, clock: clock}, nil
}

// Format returns the format of the frames that are read.
func (p *Player) Format() media.Format { return p.format }

// Monitor gives every later frame to sink as well, silence included; nil stops that. The sink has
// the player's format.
func (p *Player) Monitor(sink media.Sink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.monitor = sink
}

// Play queues a mono clip of any rate from 8000 to 48000 Hz.
func (p *Player) Play(pcm []int16, rate int) (*Piece, error) {
	own, err := convert(pcm, rate, p.format.Rate)
	if err != nil {
		return nil, fmt.Errorf("play at %d Hz: %w", p.format.Rate, err)
	}
	piece := &Piece{player: p, pcm: own, done: make(chan struct{})}
	piece.first, piece.end = Voiced(own, p.format.Rate)
	if piece.end == 0 {
		piece.end = len(own)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(own) == 0 {
		piece.firstSent, piece.lastSent = p.clock.Now(), p.clock.Now()
		piece.finish(true)
		return piece, nil
	}
	p.queue = append(p.queue, piece)
	return piece, nil
}

// PlayWAV queues a WAV file.
func (p *Player) PlayWAV(r io.Reader) (*Piece, error) {
	pcm, format, err := wav.Read(r)
	if err != nil {
		return nil, fmt.Errorf("play: %w", err)
	}
	return p.Play(pcm, format.Rate)
}

// Stop drops what has not been said yet.
func (p *Player) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, piece := range p.queue {
		piece.finish(false)
	}
	p.queue = nil
}

// ReadFrame fills pcm with the next frame; see media.Source.
func (p *Player) ReadFrame(pcm []int16) bool {
	p.mu.Lock()
	now := p.clock.Now()
	n := 0
	for n < len(pcm) && len(p.queue) > 0 {
		piece := p.queue[0]
		n += piece.read(pcm[n:], now)
		if piece.pos == len(piece.pcm) {
			piece.finish(true)
			p.queue = p.queue[:copy(p.queue, p.queue[1:])]
		}
	}
	monitor := p.monitor
	p.mu.Unlock()
	clear(pcm[n:])
	if monitor != nil {
		_ = monitor.WriteFrame(media.Frame{PCM: pcm}) // a monitor that fails does not stop the call
	}
	return n > 0
}

// read moves samples out and notes when the edges of the voice leave. The player's lock is held.
func (piece *Piece) read(pcm []int16, now time.Time) int {
	begin := piece.pos
	n := copy(pcm, piece.pcm[begin:])
	piece.pos += n
	if begin <= piece.first && piece.first < piece.pos {
		piece.firstSent = now
	}
	if begin < piece.end && piece.end <= piece.pos {
		piece.lastSent = now
	}
	return n
}

func (piece *Piece) finish(whole bool) {
	piece.whole = whole
	close(piece.done)
}

// Done is closed when the clip has been said or dropped.
func (piece *Piece) Done() <-chan struct{} { return piece.done }

// Whole reports whether the clip has been said to its end.
func (piece *Piece) Whole() bool {
	piece.player.mu.Lock()
	defer piece.player.mu.Unlock()
	return piece.whole
}

// Sent returns when the first and the last voiced sample left, each zero before it did.
func (piece *Piece) Sent() (first, last time.Time) {
	piece.player.mu.Lock()
	defer piece.player.mu.Unlock()
	return piece.firstSent, piece.lastSent
}
