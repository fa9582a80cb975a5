package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Offer is a file that others can have.
type Offer struct {
	ID       string
	Name     string
	Path     string // in a folder, with slashes; empty for a file of its own
	Bytes    int64
	Modified int64 // Unix milliseconds
	MIME     string
	Group    *Group

	file string
}

func (o *Offer) message() *message {
	return &message{
		Type: "offer", ID: o.ID, Name: o.Name, Bytes: o.Bytes, MIME: o.MIME, ModifiedMs: o.Modified, Path: o.Path, Group: o.Group,
	}
}

// Collect makes offers of files and of all files in folders. newID gives the id of
// a transfer from what names the file: its absolute path, size and time of change.
// What is neither a file nor a folder is told to skipped.
func Collect(paths []string, newID func(key string) string, skipped func(path string)) ([]*Offer, error) {
	var offers []*Offer
	for _, name := range paths {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(abs)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s does not exist", name)
		case err != nil:
			return nil, err
		case info.IsDir():
			folder, err := collectFolder(abs, newID, skipped)
			if err != nil {
				return nil, err
			}
			offers = append(offers, folder...)
		case info.Mode().IsRegular():
			offer, err := newOffer(abs, "", info, newID)
			if err != nil {
				return nil, err
			}
			offers = append(offers, offer)
		default:
			skipped(name)
		}
	}
	if len(offers) == 0 {
		return nil, errors.New("there is no file to send")
	}
	if len(offers) > offersMax {
		return nil, fmt.Errorf("these are %d files, at most %d can be offered at once; pack them into an archive", len(offers), offersMax)
	}
	return offers, nil
}

func collectFolder(top string, newID func(string) string, skipped func(string)) ([]*Offer, error) {
	var offers []*Offer
	base := filepath.Base(top)
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(file) // follows links to files
		if err != nil || !info.Mode().IsRegular() {
			skipped(file)
			return nil
		}
		rel, err := filepath.Rel(top, file)
		if err != nil {
			return err
		}
		offer, err := newOffer(file, base+"/"+filepath.ToSlash(rel), info, newID)
		if err == nil {
			offers = append(offers, offer)
		}
		return err
	})
	group := &Group{ID: newID("group\n" + top), Name: base, Files: len(offers)}
	for _, o := range offers {
		o.Group = group
	}
	return offers, err
}

func newOffer(file, path string, info fs.FileInfo, newID func(string) string) (*Offer, error) {
	name := filepath.Base(file)
	switch {
	case !utf8.ValidString(name) || !utf8.ValidString(path) || utf8.RuneCountInString(name) > nameMax ||
		utf8.RuneCountInString(path) > pathMax || strings.Count(path, "/") >= pathPartsMax:
		return nil, fmt.Errorf("%q has a name that cannot be sent", file)
	case info.Size() > bytesMax:
		return nil, fmt.Errorf("%s is too large to be sent", file)
	}
	// What cannot be opened now is better known now.
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	_ = f.Close()
	kind, _, _ := strings.Cut(mime.TypeByExtension(filepath.Ext(name)), ";")
	modified := max(0, info.ModTime().UnixMilli())
	return &Offer{
		ID:   newID(fmt.Sprintf("file\n%s\n%d\n%d", file, info.Size(), modified)),
		Name: name, Path: path, Bytes: info.Size(), Modified: modified, MIME: kind, file: file,
	}, nil
}

// readPiece reads one piece into buffer, from the file as it was offered.
func (o *Offer) readPiece(piece int64, buffer []byte) ([]byte, *Problem) {
	f, err := os.Open(o.file)
	if err != nil {
		return nil, &Problem{CodeUnreadable, "The sender cannot read the file any more."}
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && (info.Size() != o.Bytes || max(0, info.ModTime().UnixMilli()) != o.Modified) {
		return nil, &Problem{CodeChanged, "The file was changed at the sender."}
	}
	data := buffer[:pieceSize(o.Bytes, piece)]
	if _, err := io.ReadFull(io.NewSectionReader(f, piece*PieceBytes, int64(len(data))), data); err != nil {
		return nil, &Problem{CodeUnreadable, "The sender cannot read the file any more."}
	}
	return data, nil
}
