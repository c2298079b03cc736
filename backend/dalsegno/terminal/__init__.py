"""What the command line shows: records as tables, trees and progress."""
