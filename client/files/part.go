package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// partFormat stands in the first line of NAME.part.json; each further line is the
// hash of a piece, as a JSON string, in the order of the pieces.
const partFormat = "parley part 1"

const (
	partEnding    = ".part"
	journalEnding = ".part.json"
	// Files of one name that are there already, before it is given up.
	namesMax = 1000
)

type partHeader struct {
	Format     string `json:"format"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	Bytes      int64  `json:"bytes"`
	ModifiedMs int64  `json:"modified_ms"`
}

// part is a file that is not complete. Its pieces are on disk from the first on,
// each verified.
type part struct {
	root    *os.Root
	name    string // of the file that will be
	bytes   int64
	data    *os.File
	journal *os.File
	pieces  int64 // on disk
	tree    hash.Hash
	whole   hash.Hash
}

// openPart opens the part of an offer below root, one that is there from before or
// a new one, under the first name that is free. reserved says which names are not.
// verified is told how far the pieces from before are looked at.
func openPart(root *os.Root, o *Incoming, reserved func(name string) bool, verified func(bytes int64)) (*part, error) {
	base := safePath(o.Name, o.Path)
	if dir := path.Dir(base); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return nil, diskProblem(err)
		}
	}
	for n := 1; n <= namesMax; n++ {
		name := numbered(base, n)
		if reserved(name) {
			continue
		}
		if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		p := &part{root: root, name: name, bytes: o.Bytes}
		mine, err := p.open(o)
		if err != nil {
			p.close()
			return nil, diskProblem(err)
		}
		if !mine {
			p.close()
			continue
		}
		if err := p.verify(verified); err != nil {
			p.close()
			return nil, diskProblem(err)
		}
		return p, nil
	}
	return nil, &Problem{CodeInternal, fmt.Sprintf("There are too many files named %s.", base)}
}

// open opens or makes data and journal. It says false if files of these names are
// somebody else's, or another program is at them.
func (p *part) open(o *Incoming) (mine bool, err error) {
	p.journal, err = p.root.OpenFile(p.name+journalEnding, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	fresh := err == nil
	if errors.Is(err, fs.ErrExist) {
		p.journal, err = p.root.OpenFile(p.name+journalEnding, os.O_RDWR, 0)
	}
	if err != nil {
		return false, err
	}
	if !lockFile(p.journal) {
		return false, nil
	}
	if !fresh {
		header := partHeader{}
		line, err := firstLine(p.journal)
		if err != nil || json.Unmarshal(line, &header) != nil || header.Format != partFormat || header.Bytes != o.Bytes {
			return false, nil
		}
		p.data, err = p.root.OpenFile(p.name+partEnding, os.O_RDWR|os.O_CREATE, 0o666)
		return true, err
	}
	p.data, err = p.root.OpenFile(p.name+partEnding, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		_ = p.root.Remove(p.name + journalEnding)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, p.writeHeader(o)
}

func firstLine(f *os.File) ([]byte, error) {
	line := make([]byte, 8<<10)
	n, err := f.ReadAt(line, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	before, _, found := bytes.Cut(line[:n], []byte("\n"))
	if !found {
		return nil, io.ErrUnexpectedEOF
	}
	return before, nil
}

func (p *part) writeHeader(o *Incoming) error {
	line, err := json.Marshal(partHeader{partFormat, o.ID, p.name, o.Bytes, o.Modified})
	if err != nil {
		return err
	}
	_, err = p.journal.WriteAt(append(line, '\n'), 0)
	return err
}

// verify reads what is on disk, as far as it is what the journal says, and cuts off
// the rest.
func (p *part) verify(verified func(bytes int64)) error {
	p.pieces, p.tree, p.whole = 0, sha256.New(), sha256.New()
	line, err := firstLine(p.journal)
	if err != nil {
		return err
	}
	const entryBytes = 2*hashBytes + 3 // quotes and the end of the line
	entry, buffer := make([]byte, entryBytes), make([]byte, PieceBytes)
	end := int64(len(line) + 1)
	for p.pieces < pieceCount(p.bytes) {
		if _, err := p.journal.ReadAt(entry, end); err != nil {
			break // torn or not there
		}
		data := buffer[:pieceSize(p.bytes, p.pieces)]
		if _, err := p.data.ReadAt(data, p.pieces*PieceBytes); err != nil {
			break
		}
		sum := sha256.Sum256(data)
		if string(entry) != journalLine(sum[:]) {
			break
		}
		p.add(data, sum[:])
		end += entryBytes
		verified(min(p.pieces*PieceBytes, p.bytes))
	}
	if err := p.journal.Truncate(end); err != nil {
		return err
	}
	if _, err := p.journal.Seek(end, io.SeekStart); err != nil {
		return err
	}
	return p.data.Truncate(min(p.pieces*PieceBytes, p.bytes))
}

func journalLine(sum []byte) string { return `"` + hex.EncodeToString(sum) + "\"\n" }

func (p *part) add(data, sum []byte) {
	p.tree.Write(sum)
	p.whole.Write(data)
	p.pieces++
}

// write adds the next piece, which was verified.
func (p *part) write(data, sum []byte) error {
	if _, err := p.data.WriteAt(data, p.pieces*PieceBytes); err != nil {
		return diskProblem(err)
	}
	if _, err := p.journal.WriteString(journalLine(sum)); err != nil {
		return diskProblem(err)
	}
	p.add(data, sum)
	return nil
}

// restart forgets all pieces: they are of another file.
func (p *part) restart(o *Incoming) error {
	for _, f := range []*os.File{p.data, p.journal} {
		if err := f.Truncate(0); err != nil {
			return diskProblem(err)
		}
	}
	if err := p.writeHeader(o); err != nil {
		return diskProblem(err)
	}
	return diskProblem(p.verify(func(int64) {}))
}

// finish gives the complete file its name.
func (p *part) finish(modified int64) error {
	if err := p.data.Sync(); err != nil {
		return diskProblem(err)
	}
	if err := p.data.Close(); err != nil {
		return diskProblem(err)
	}
	p.data = nil
	if modified > 0 {
		at := time.UnixMilli(modified)
		_ = p.root.Chtimes(p.name+partEnding, at, at) // some file systems keep no time
	}
	// A link does not replace what came to be meanwhile; not every file system has links.
	err := p.root.Link(p.name+partEnding, p.name)
	switch {
	case err == nil:
		err = p.root.Remove(p.name + partEnding)
	case errors.Is(err, fs.ErrExist):
		return &Problem{CodeInternal, fmt.Sprintf("Another program has made %s meanwhile; what was received is in %s%s.", p.name, p.name, partEnding)}
	default:
		err = p.root.Rename(p.name+partEnding, p.name)
	}
	if err != nil {
		return diskProblem(err)
	}
	p.close()
	return diskProblem(p.root.Remove(p.name + journalEnding))
}

func (p *part) close() {
	for _, f := range []*os.File{p.data, p.journal} {
		if f != nil {
			_ = f.Close()
		}
	}
	p.data, p.journal = nil, nil
}

func diskProblem(err error) error {
	var problem *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problem):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return &Problem{CodeNoSpace, "There is not enough space on the disk."}
	}
	return &Problem{CodeInternal, "The file cannot be written: " + err.Error() + "."}
}

// readHashes hashes a file that is complete.
func readHashes(root *os.Root, name string, bytes int64, verified func(int64)) (*part, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	p := &part{root: root, name: name, bytes: bytes, tree: sha256.New(), whole: sha256.New()}
	buffer := make([]byte, PieceBytes)
	for p.pieces < pieceCount(bytes) {
		data := buffer[:pieceSize(bytes, p.pieces)]
		if _, err := io.ReadFull(f, data); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		p.add(data, sum[:])
		verified(min(p.pieces*PieceBytes, bytes))
	}
	return p, nil
}
