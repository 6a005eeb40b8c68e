namespace Goterra.Cli.Arguments;

/// <summary>A command whose options stand before its operands, which the library's usage line does not show.</summary>
internal interface IHasUsage
{
    /// <summary>The command line without the program's name; null for the library's text.</summary>
    string? Usage { get; }
}
