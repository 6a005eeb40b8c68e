using Goterra.Api.Hosting;

return await StoreProgram.RunAsync(args);
