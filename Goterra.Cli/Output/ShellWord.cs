namespace Goterra.Cli.Output;

/// <summary>Text as one word of a POSIX shell, in which the shell finds nothing to act on.</summary>
internal static class ShellWord
{
    // Within single quotes a shell knows no special character but the closing quote (POSIX.1-2024, Shell Command Language, 2.2.2).
    public static string Of(string? text) => $"'{text?.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
