// Package wav reads and writes RIFF WAVE files. It exists because call recordings must stay
// readable after a crash: the usual libraries trust the sizes in the header, and this one repairs
// them, streams, and does not allocate for each buffer.
package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hotline-cc/hotline/media"
)

// MaxSamples is the most that Read takes into memory: 70 minutes at 16 kHz in 128 MiB.
const MaxSamples = 1 << 26

// MaxChannels is how many channels a file may have.
const MaxChannels = 32

const (
	minRate, maxRate = 4000, 192000
	maxFmt           = 1 << 10 // bytes of a fmt chunk
	maxBefore        = 1 << 24 // bytes of chunks before the sound
	unknownSize      = 1<<32 - 1
	blockFrames      = 1024
)

var (
	// ErrNotWAV says that the input is no RIFF WAVE file.
	ErrNotWAV = errors.New("not a WAV file")
	// ErrTooLong says that the sound does not fit: Read found more than MaxSamples, or a Writer
	// would pass the 4 GiB that the format can express.
	ErrTooLong = errors.New("WAV too long")
)

// Reader streams the sound of a WAV file as 16-bit samples: from 8, 16, 24 and 32-bit integers,
// 32-bit floats, A-law and µ-law, with up to MaxChannels channels.
type Reader struct {
	r       *bufio.Reader
	format  media.Format
	convert func(dst []int16, src []byte)
	width   int   // bytes a sample
	left    int64 // bytes of sound still to come, negative when only the end of input tells
	block   []byte
}

// NewReader reads the header up to the first sample. Chunks it does not know are skipped. A
// missing or impossible data size, as a crashed recorder leaves it, means to the end of r.
func NewReader(r io.Reader) (*Reader, error) {
	w := &Reader{r: bufio.NewReader(r)}
	var head [12]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return nil, fmt.Errorf("read WAV header: %w", notWAV(err))
	}
	if id := string(head[:4]); id != "RIFF" && id != "RF64" || string(head[8:]) != "WAVE" {
		return nil, ErrNotWAV
	}
	for before := int64(0); ; {
		id, size, err := w.chunk()
		if err != nil {
			return nil, err
		}
		if before += 8 + size; id != "data" && before > maxBefore {
			return nil, fmt.Errorf("%w: more than %d bytes before the data chunk", ErrNotWAV, maxBefore)
		}
		switch id {
		case "fmt ":
			if err := w.readFormat(size); err != nil {
				return nil, err
			}
		case "data":
			if w.convert == nil {
				return nil, fmt.Errorf("%w: the data chunk comes before the fmt chunk", ErrNotWAV)
			}
			w.left = size
			if size == 0 || size == unknownSize {
				w.left = -1
			}
			w.block = make([]byte, blockFrames*w.width*w.format.Channels)
			return w, nil
		default:
			if err := w.skip(size + size%2); err != nil {
				return nil, err
			}
		}
	}
}

// Format returns the rate and channels of the file.
func (w *Reader) Format() media.Format { return w.format }

// Read fills pcm with interleaved samples, whole frames only, and returns how many. At the end
// of the sound it returns 0 and io.EOF. A last incomplete frame is dropped.
func (w *Reader) Read(pcm []int16) (int, error) {
	frame := w.width * w.format.Channels
	want := min(len(pcm)/w.format.Channels, blockFrames) * frame
	if want == 0 {
		return 0, io.ErrShortBuffer
	}
	if w.left >= 0 {
		want = int(min(int64(want), w.left/int64(frame)*int64(frame)))
	}
	if want == 0 {
		return 0, io.EOF
	}
	got, err := io.ReadFull(w.r, w.block[:want])
	if err != nil && !ended(err) {
		return 0, fmt.Errorf("read WAV: %w", err)
	}
	if w.left >= 0 {
		w.left -= int64(got)
	}
	got -= got % frame
	if got == 0 {
		return 0, io.EOF
	}
	n := got / w.width
	w.convert(pcm[:n], w.block[:got])
	return n, nil
}

// Read returns the whole sound of r in mono, the channels mixed down, and its format.
func Read(r io.Reader) ([]int16, media.Format, error) {
	w, err := NewReader(r)
	if err != nil {
		return nil, media.Format{}, err
	}
	var (
		pcm    []int16
		buffer [2 * blockFrames]int16
	)
	for {
		n, err := w.Read(buffer[:])
		if errors.Is(err, io.EOF) {
			return pcm, media.Mono(w.format.Rate), nil
		}
		if err != nil {
			return nil, media.Format{}, err
		}
		if len(pcm)+n/w.format.Channels > MaxSamples {
			return nil, media.Format{}, fmt.Errorf("%w: more than %d samples", ErrTooLong, MaxSamples)
		}
		pcm = AppendMono(pcm, buffer[:n], w.format.Channels)
	}
}

// ReadFile is Read of the file at path.
func ReadFile(path string) ([]int16, media.Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, media.Format{}, err
	}
	defer func() { _ = f.Close() }()
	pcm, format, err := Read(f)
	if err != nil {
		return nil, media.Format{}, fmt.Errorf("%s: %w", path, err)
	}
	return pcm, format, nil
}

// AppendMono appends the mean of the channels of interleaved samples to dst.
func AppendMono(dst, src []int16, channels int) []int16 {
	if channels == 1 {
		return append(dst, src...)
	}
	for ; len(src) >= channels; src = src[channels:] {
		sum := int32(0)
		for _, s := range src[:channels] {
			sum += int32(s)
		}
		dst = append(dst, int16(sum/int32(channels)))
	}
	return dst
}

// chunk reads the head of the next chunk.
func (w *Reader) chunk() (id string, size int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return "", 0, fmt.Errorf("look for the data chunk: %w", notWAV(err))
	}
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), nil
}

func (w *Reader) skip(n int64) error {
	if _, err := io.CopyN(io.Discard, w.r, n); err != nil {
		return fmt.Errorf("skip a chunk: %w", notWAV(err))
	}
	return nil
}

// notWAV turns an early end of input into ErrNotWAV and leaves other failures alone.
func notWAV(err error) error {
	if ended(err) {
		return fmt.Errorf("%w: it ends early", ErrNotWAV)
	}
	return err
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
