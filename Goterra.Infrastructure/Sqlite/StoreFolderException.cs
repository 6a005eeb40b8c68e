namespace Goterra.Infrastructure.Sqlite;

/// <summary>The data folder of the embedded store can't be used; the message says why and what to do.</summary>
public sealed class StoreFolderException(string message, Exception? inner = null) : Exception(message, inner);
