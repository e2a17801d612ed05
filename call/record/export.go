package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
)

// Concat joins the segments in the folder of a recording into one plain stereo WAV file at dest,
// for people to listen to, with silence where sound is missing. sealer nil means plain segments.
func Concat(dir, dest string, sealer Sealer) error {
	if sealer == nil {
		sealer = Plain{}
	}
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(dest, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("export recording: %w", err)
	}
	size, err := writeSegments(out, dir, m, sealer)
	if err == nil {
		_, err = out.WriteAt(header(m.Rate, size), 0)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("export recording: %w", err)
	}
	return nil
}

// writeSegments writes a place for the header and all sound, and returns the bytes of sound.
func writeSegments(out io.Writer, dir string, m Manifest, sealer Sealer) (int64, error) {
	if _, err := out.Write(make([]byte, headerSize)); err != nil {
		return 0, err
	}
	size := int64(0)
	for _, s := range m.Segments {
		start := s.Start * frameSize
		if start < size || start > maxWAVBytes {
			return size, hotline.Errorf("export recording", hotline.CodeInvalid, "segment %s begins at sample %d", s.File, s.Start)
		}
		if _, err := io.CopyN(out, zeroes{}, start-size); err != nil {
			return size, err
		}
		n, err := copySegment(out, filepath.Join(dir, s.File), sealer, maxWAVBytes-start)
		if err != nil {
			return size, err
		}
		size = start + n
	}
	return size, nil
}

// copySegment writes the sound of a segment, at most limit bytes.
func copySegment(out io.Writer, path string, sealer Sealer, limit int64) (int64, error) {
	f, err := sealer.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(headerSize, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(f, limit+1))
	if err == nil && n > limit {
		err = hotline.Errorf("export recording", hotline.CodeTooLarge, "longer than a WAV file can be")
	}
	return n, err
}

// zeroes reads as silence without end.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
