namespace Goterra.Cli.Connection;

/// <summary>Where the token in use is kept on this machine.</summary>
internal interface ITokenPlace
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>Refuses a place that can't be written to, before the server has made a token for it.</summary>
    /// <exception cref="CliException">It can't be written to.</exception>
    void Check();

    /// <summary>Puts a token in place of the one that is there: all of it or nothing.</summary>
    Task ReplaceAsync(IssuedToken token, CancellationToken cancellationToken);
}
